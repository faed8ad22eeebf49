import ArgumentParser
import Manifests

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this program.")

    @OptionGroup var options: OutputOptions

    static var text: String { "plumb \(PlumbVersion.current)" }

    func run() throws {
        guard options.output != .text else {
            Output.line(Self.text)
            return
        }
        options.write(
            .object([
                "apiVersion": .string(OutputVersion.current), "kind": "Version",
                "version": .string("\(PlumbVersion.current)"), "manifests": "plumb.dev/v1",
            ]))
    }
}
