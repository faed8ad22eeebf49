extension SchemaDecoder {
    mutating func restart(_ block: CheckedObject) -> RestartPolicy {
        let standard = RestartPolicy.Backoff()
        var backoff = standard
        if let object = block.object("backoff") {
            backoff = RestartPolicy.Backoff(
                initial: object.duration("initial") ?? standard.initial,
                factor: object.number("factor") ?? standard.factor,
                max: object.duration("max") ?? standard.max,
                jitter: object.number("jitter") ?? standard.jitter,
                resetAfter: object.duration("resetAfter") ?? standard.resetAfter)
            if backoff.initial > backoff.max {
                report(
                    .backoffOrder, mark(of: "spec.restart.backoff.initial"),
                    "initial is \(Quantities.text(backoff.initial)) and max \(Quantities.text(backoff.max))")
            }
        }
        return RestartPolicy(
            policy: block.choice("policy") ?? .always, backoff: backoff,
            maxRetries: block.integer("maxRetries"))
    }
}
