import ArgumentParser
import Glibc

/// How a command prints: shared by all that print a table.
struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "How to print: text, json or yaml.")
    var output: OutputFormat = .text

    @OptionGroup var color: ColorOptions

    /// Prints a value as `-o json` or `-o yaml` want it.
    func write(_ value: OutputValue) {
        switch output {
        case .text, .json: Output.line(JSONText.pretty(value))
        case .yaml: Output.line(YAMLText.document(value))
        }
    }

    /// Prints one value of several that follow one another: a line of JSON, a document of YAML.
    func writeNext(_ value: OutputValue) {
        switch output {
        case .text, .json: Output.line(JSONText.compact(value))
        case .yaml: Output.line("---\n" + YAMLText.document(value))
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json, yaml
}

extension ColorChoice: ExpressibleByArgument {}

/// `--color`, for commands that colour text and have no other format.
struct ColorOptions: ParsableArguments {
    @Option(help: "Colour: auto is on a terminal, unless NO_COLOR is set.")
    var color: ColorChoice = .auto

    var terminal: Terminal { Terminal.standardOutput(environment: ProcessEnvironment.current) }
    var paint: Paint { color.paint(for: terminal, environment: ProcessEnvironment.current) }
}

/// The variables of this process.
enum ProcessEnvironment {
    /// Read once: nothing here changes them.
    static let current: [String: String] = {
        var variables: [String: String] = [:]
        // `environ` is set before main; what the agent takes out of it later, it has read by then.
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let cut = text.firstIndex(of: "=") {
                variables[String(text[..<cut])] = String(text[text.index(after: cut)...])
            }
            entry += 1
        }
        return variables
    }()
}
