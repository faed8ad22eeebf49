import CLinux
import Glibc
import KeeperProtocol
package import Manifests
package import Reconciler
import Synchronization

/// What a run of a Schedule leaves behind: its logs are moved out of the slot, which the next run has, into a
/// directory of its own, beside what it wrote into its output directory.
extension Supervisor {
    /// Done again, it finds what was not moved before. Nothing is copied: both are on one file system.
    package func archive(
        _ run: RunID, in slot: SlotID, of schedule: String, listsOutput: Bool
    ) -> (errors: [UInt8], output: [ScheduledRun.OutputFile]) {
        let (from, to) = (layout.output(slot), layout.scheduledRun(run, of: schedule))
        // Where there is no room for a directory the logs stay, and go with the slot's next run.
        try? OwnedDirectory.make(to, mode: 0o755)
        for name in names(in: from) { rename("\(from)/\(name)", "\(to)/\(name)") }
        let errors = tail(of: "\(to)/stderr.log", bytesMax: SupervisorLimits.archivedErrorBytesMax)
        let output = listsOutput ? OutputListing(layout.scheduledOutput(run, of: schedule)).files : []
        return (errors, output)
    }

    package func removeFiles(of schedule: String, runs: [RunID]) {
        for run in runs where run.isWellFormed {
            DirectoryTree.remove(layout.scheduledRun(run, of: schedule))
        }
        rmdir("\(layout.schedules)/\(schedule)")
    }

    /// Sends a signal to the main process of each run that its keeper proves; says to how many.
    package func signal(_ runs: [RunID], _ signal: Signal) -> Int {
        runs.count { run in
            guard table.withLock({ $0[run]?.phase == .running && $0[run]?.isStopping == false }) else {
                return false
            }
            return send(.signal(signal.number), to: run)
        }
    }

    private func names(in directory: String) -> [String] {
        guard let open = try? Descriptor(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return [] }
        return DirectoryTree.names(open.raw)
    }

    private func tail(of path: String, bytesMax: Int) -> [UInt8] {
        guard let file = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            let facts = try? file.status(path), facts.st_mode & S_IFMT == S_IFREG
        else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(bytesMax, max(Int(facts.st_size), 0)))
        let begin = Int(facts.st_size) - bytes.count
        let count = pread(file.raw, &bytes, bytes.count, off_t(begin))
        return Array(bytes.prefix(max(count, 0)))
    }
}

/// The files below a directory that a workload owns: no link is followed, and no more is looked at than is
/// shown.
private struct OutputListing {
    private(set) var files: [ScheduledRun.OutputFile] = []
    private var left = SupervisorLimits.outputEntriesMax

    private static let depthMax = 16

    init(_ path: String) {
        guard let directory = try? Descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
        list(directory.raw, below: "", depth: 0)
        files.sort { $0.path < $1.path }
    }

    private mutating func list(_ directory: Int32, below: String, depth: Int) {
        guard depth < Self.depthMax else { return }
        for name in DirectoryTree.names(directory).sorted() {
            left -= 1
            guard left >= 0, files.count < ScheduledRun.outputMax else { return }
            var facts = stat()
            guard fstatat(directory, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            switch facts.st_mode & S_IFMT {
            case S_IFREG:
                files.append(
                    ScheduledRun.OutputFile(path: below + name, bytes: UInt64(max(facts.st_size, 0))))
            case S_IFDIR:
                let child = clinux_openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
                guard child >= 0 else { continue }
                list(child, below: "\(below)\(name)/", depth: depth + 1)
                close(child)
            default: break
            }
        }
    }
}
