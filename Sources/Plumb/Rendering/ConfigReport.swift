/// What an Instance is configured with, each value with the place that it comes from.
struct ConfigReport {
    let config: OutputValue

    func lines(width: Int?, paint: Paint) -> [String] {
        let values = config.value(at: "values")?.items ?? []
        let environment = config.value(at: "environment")?.items ?? []
        let secrets = config.value(at: "secrets")?.items ?? []
        guard !values.isEmpty || !environment.isEmpty || !secrets.isEmpty else { return [] }
        var table = Table(columns: [
            .init(title: "CONFIG"), .init(title: "VALUE", yield: 1), .init(title: "ORIGIN"),
            .init(title: "AT", yield: 2), .init(title: "RUNNING", yield: 3),
        ])
        for value in values {
            table.add([
                .init(value.text(at: ["name"]) ?? "", .strong), .init(value.text(at: ["text"]) ?? ""),
                .init(value.text(at: ["origin"]) ?? ""), .init(value.text(at: ["place"]) ?? "", .faint),
                .init(value.text(at: ["running"]) ?? "", .attention),
            ])
        }
        for variable in environment {
            table.add([
                .init(variable.text(at: ["name"]) ?? "", .strong), .init(variable.text(at: ["text"]) ?? ""),
                "env", "", "",
            ])
        }
        for secret in secrets {
            table.add([.init(secret.text(at: ["variable"]) ?? "", .strong), "***", "secret", "", ""])
        }
        return [""] + table.render(width: width, paint: paint)
    }
}
