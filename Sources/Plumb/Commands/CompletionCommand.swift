import ArgumentParser

/// `plumb completion`: what makes a shell complete commands and options.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script for bash, zsh or fish.",
        discussion: """
            bash: plumb completion bash > /etc/bash_completion.d/plumb
            zsh:  plumb completion zsh > "${fpath[1]}/_plumb"
            fish: plumb completion fish > ~/.config/fish/completions/plumb.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(Root.completionScript(for: kind))
    }
}
