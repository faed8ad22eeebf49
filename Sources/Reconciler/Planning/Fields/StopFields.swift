import Manifests

extension SpecFields {
    mutating func addStop(_ policy: StopPolicy, overridden: Bool) {
        let usual = StopPolicy()
        addPlain("spec.stop.signal", policy.signal.name, usual.signal.name, overridden)
        addDuration("spec.stop.grace", policy.grace, usual.grace, overridden)
        addDuration("spec.stop.drain", policy.drain ?? .zero, .zero, overridden)
        if let steps = policy.steps {
            let text = steps.map(\.text).joined(separator: ", then ")
            addBlock("spec.stop.steps", text, .live, overridden: overridden)
        }
    }
}

extension StopPolicy.Step {
    /// `SIGTERM 5s`, as causes and plans print it.
    package var text: String {
        switch self {
        case .closeInput(let grace): "closeInput \(grace.declared)"
        case .command(let command, let timeout):
            "command \(command.map(\.quoted).joined(separator: " ")) \(timeout.declared)"
        case .signal(let signal, let grace): "\(signal.name) \(grace.declared)"
        }
    }
}
