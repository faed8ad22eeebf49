import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// Why a sandbox of this kind cannot be tried here; nil: it can.
enum SandboxNeeds {
    static let root: String? = geteuid() == 0 ? nil : "only root has the rights"
    static let perl: String? = access("/usr/bin/perl", X_OK) == 0 ? nil : "it needs /usr/bin/perl"
    static let landlock: String? = SandboxTrials.landlockVersion > 0 ? nil : "the kernel has no Landlock"
    static let strict = root ?? perl ?? landlock
    static let local = root ?? perl ?? (hasControlGroups ? nil : "no control groups of version 2")
}

extension Sandbox {
    static func at(_ level: Level, _ change: (inout Sandbox) -> Void = { _ in }) -> Sandbox {
        var sandbox = Sandbox(level: level)
        change(&sandbox)
        return sandbox
    }
}

/// A program of Perl that tries what is forbidden, and says what came of it in lines `name=result`.
func perl(_ program: String, instance: String = "web", sandbox: Sandbox, user: String? = nil) -> InstanceSpec
{
    var process = ProcessSpec(
        command: "/usr/bin/perl", args: ["-e", Attempt.prelude + program])
    process.sandbox = sandbox
    process.user = user
    return spec(process, instance: instance)
}

enum Attempt {
    /// The number of a call on this machine.
    static func number(_ name: String) -> UInt32 { SystemCallTable.number(name, on: .own) ?? 0 }

    /// `say`: one line of the report. `told`: whether an attempt succeeded, or the name of its error.
    static let prelude = """
        use strict; use POSIX (); use Socket; $| = 1;
        sub say { print "$_[0]=$_[1]\\n" }
        sub told { my ($name, $ok) = @_; my $e = $!{EPERM} ? 'EPERM' : $!{EACCES} ? 'EACCES' :
            $!{EROFS} ? 'EROFS' : $!{ENOENT} ? 'ENOENT' : $!{ENOSYS} ? 'ENOSYS' : $!{ESRCH} ? 'ESRCH' :
            $!{ECONNREFUSED} ? 'ECONNREFUSED' : $!{ENETUNREACH} ? 'ENETUNREACH' : "$!";
            say($name, $ok ? 'ok' : $e) }
        sub call { my ($name, $n, @rest) = @_; $! = 0; my $r = syscall($n, @rest); told($name, $r != -1) }
        sub put { my ($name, $path) = @_; $! = 0; told($name, open(my $f, '>', $path)) }
        sub get { my ($name, $path) = @_; $! = 0; my $ok = open(my $f, '<', $path);
            $ok &&= defined(sysread($f, my $b, 1)) if $ok && !-d $path; told($name, $ok) }
        sub list { my ($name, $path) = @_; opendir(my $d, $path) or return say($name, 'closed');
            say($name, join(',', sort grep { !/^\\./ } readdir $d)) }

        """
}

extension TestHost {
    /// Runs it to its end, and gives what it reported.
    func report(
        _ spec: InstanceSpec, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String: String] {
        let run = try await start(spec)
        let end = try await exited(run, sourceLocation: sourceLocation)
        await supervisor.acknowledge(run)
        let lines = LogReader(stateDir: stateDir).lines(
            LogQuery(slots: [SlotID(instance: spec.name, index: 0)], run: .id(run)))
        #expect(
            end.cause == .exited(code: 0), "\(lines.map(\.text))", sourceLocation: sourceLocation)
        return Self.report(lines.map(\.text))
    }

    static func report(_ lines: [String]) -> [String: String] {
        var report: [String: String] = [:]
        for line in lines {
            guard let equal = line.firstIndex(of: "=") else { continue }
            report[String(line[..<equal])] = String(line[line.index(after: equal)...])
        }
        return report
    }

    /// A workload that reports, and then goes on until it is told to stop.
    func lines(of run: RunID, instance: String = "web") -> [String] {
        LogReader(stateDir: stateDir).lines(
            LogQuery(slots: [SlotID(instance: instance, index: 0)], run: .id(run))
        ).map(\.text)
    }
}
