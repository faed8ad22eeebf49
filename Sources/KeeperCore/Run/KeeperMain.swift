import CLinux
import Glibc
import KeeperProtocol

/// The life of a process that the zygote has forked for one request.
enum KeeperMain {
    /// The tree was proven empty.
    static let exitProven: Int32 = 0
    /// Orphans may be left; the zygote, to which they go, kills them.
    static let exitUnproven: Int32 = 3

    /// Returns the exit code. The caller is a fresh fork that holds nothing but `descriptors`, /dev/null as
    /// its standard streams, and the signal dispositions of the zygote.
    static func run(_ descriptors: RequestDescriptors) -> Int32 {
        setsid()
        clinux_set_subreaper(1)
        clinux_default_signal(SIGTERM)
        let taken = SignalMask.of(SIGCHLD) | SignalMask.of(SIGTERM)
        clinux_set_signal_mask(taken)
        let signals = clinux_signalfd(taken)
        guard signals >= 0, let spec = MappedSpec(descriptors.spec) else {
            return fail(descriptors, runID: [], bootID: [], .init(.specification))
        }
        switch spec.view.mode {
        case .run: return keep(spec, descriptors, signals)
        case .probe(let timeout):
            return Prober.run(
                spec, result: descriptors.control, signals: signals, timeoutMilliseconds: timeout)
        }
    }

    private static func keep(
        _ spec: consuming MappedSpec, _ descriptors: RequestDescriptors, _ signals: Int32
    ) -> Int32 {
        let name = spec.view.socketName.map { String(cString: $0) } ?? ""
        let sockets = ControlSocket(
            first: descriptors.control, directory: descriptors.socketDirectory, name: name)
        let start: KeeperStart
        do throws(KeeperStart.Failure) {
            start = try KeeperStart(spec, descriptors, sockets: sockets, signals: signals)
        } catch {
            return fail(descriptors, runID: spec.view.runID, bootID: spec.view.bootID, error)
        }
        // Unmapped here, once the child has its own copy of the mapping.
        _ = consume spec
        return Keeper(start).run() ? exitProven : exitUnproven
    }

    /// The run never began: that is recorded as far as there is a slot to record it in, and told.
    private static func fail(
        _ descriptors: RequestDescriptors, runID: [UInt8], bootID: [UInt8], _ failure: KeeperStart.Failure
    ) -> Int32 {
        let cause = ExitCause.execFailed(step: failure.step, errno: failure.errno)
        var record = ExitRecord(
            runID: runID.isEmpty ? "?" : String(decoding: runID, as: UTF8.self), cause: cause)
        record.bootID = String(decoding: bootID, as: UTF8.self)
        record.endedAtWall = clinux_realtime_ns()
        record.endedAtBoot = clinux_boottime_ns()
        if !runID.isEmpty, let file = ExitFile(in: descriptors.slotDirectory), file.write(record.record()) {
            // Where the disk refuses, the run is found to have no record: lost, and it never executed.
            _ = file.makeDurable()
        }
        close(descriptors.lock)
        for message in [
            KeeperMessage.execFailed(step: failure.step, errno: failure.errno), .exited(record),
        ] {
            let bytes = message.encoded()
            _ = clinux_send(descriptors.control, bytes, bytes.count, nil, 0, 1)
        }
        return exitProven
    }
}

/// Sets of signals as the kernel has them.
enum SignalMask {
    static func of(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }
}
