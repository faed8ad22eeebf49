import ArgumentParser
import Foundation
import Reconciler

/// `plumb agent`: makes what runs on this host true to what the repository declares.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Watch a repository and keep this host true to it.",
        discussion: """
            Runs go on when the agent ends, unless --on-exit stop is given. Settings come from flags, then \
            from PLUMB_… variables, then from the settings file.
            """)

    enum OnExit: String, ExpressibleByArgument, CaseIterable { case keep, stop }

    @Option(help: "The git repository: bare, with a work tree, or a linked work tree.")
    var repo: String?
    @Option(help: "The branch to follow. Default: the one HEAD names at the first start, kept from then on.")
    var ref: String?
    @Option(help: "The directory of the repository below which declarations stand.")
    var path: String?
    @Option(help: "This host's name, as declarations speak of it.")
    var node: String?
    @Option(name: .customLong("node-label"), help: "A label of this host, as key=value. May be repeated.")
    var nodeLabels: [String] = []
    @Option(
        name: .customLong("node-address"),
        help: "Where others reach what runs on this host, as discovery tells it. Default: 127.0.0.1.")
    var nodeAddress: String?
    @Option(help: "Where what must last is kept.")
    var stateDir: String?
    @Option(help: "Where sockets are; best on a tmpfs.")
    var runtimeDir: String?
    @Option(help: "The directory of secrets, one file each.")
    var secretsDir: String?
    @Option(help: "The address of the status endpoint. One that is not loopback needs tokens and TLS.")
    var listen: String?
    @Option(help: "The local socket that commands talk to.")
    var socket: String?
    @Option(help: "The settings file. Default: \(HostSettings.configDefault), if it is there.")
    var config: String?
    @Option(help: "What becomes of the runs when the agent is told to end: keep or stop.")
    var onExit: OnExit = .keep

    func run() async throws {
        var flags = HostSettings.Flags()
        flags.config = config
        (flags.repo, flags.ref, flags.path, flags.node) = (repo, ref, path, node)
        flags.nodeLabels = nodeLabels
        flags.nodeAddress = nodeAddress
        (flags.stateDir, flags.runtimeDir, flags.secretsDir) = (stateDir, runtimeDir, secretsDir)
        (flags.listen, flags.socket) = (listen, socket)
        let settings = try HostSettings(flags: flags, environment: ProcessInfo.processInfo.environment)
        try await AgentProcess(settings: settings, keepRuns: onExit == .keep).run()
    }
}
