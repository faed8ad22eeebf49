extension PolicySchema {
    /// A keeper walks that many at most, the drain and the killing of the tree not counted.
    static let stopStepsMax = 12

    static let stop = ObjectSchema(
        "stop",
        [
            SchemaField(
                "signal", .signal(catchable: false), default: "SIGTERM", effect: .live,
                "The signal that asks the process to end."),
            SchemaField(
                "grace", .duration(.zero...day), default: "5s", effect: .live,
                "The time until what is left is killed."),
            SchemaField(
                "drain", .duration(.zero...day), default: "0s", effect: .live,
                "How long the replica counts as not ready before the first step."),
            SchemaField(
                "steps", .list(.object(stopStep), 1...stopStepsMax), effect: .live,
                "What is done, one after the other, instead of signal and grace; "
                    + "what is left after the last is killed."),
        ])

    static let stopStep = ObjectSchema(
        "a stop step",
        [
            SchemaField(
                "closeInput", .object(closeInput), effect: .live,
                "Ends the process's standard input; needs entry.stdin: pipe."),
            SchemaField(
                "command", .object(stopCommand), effect: .live,
                "Runs a program beside the process, with its rights and surroundings."),
            SchemaField(
                "signal", .signal(catchable: false), effect: .live, "Sends a signal to the main process."),
            SchemaField(
                "grace", .duration(.zero...day), default: "5s", effect: .live,
                "How long the process may take to end on the signal before the next step."),
        ])

    static let closeInput = ObjectSchema(
        "closeInput",
        [
            SchemaField(
                "grace", .duration(.zero...day), default: "5s", effect: .live,
                "How long the process may take to end before the next step.")
        ])

    static let stopCommand = ObjectSchema(
        "a stop command",
        [
            SchemaField(
                "command", .list(.text(.any), 1...commandMax), required: true, effect: .live,
                "The program and its arguments; relative to the package."),
            SchemaField(
                "timeout", .duration(.milliseconds(10)...day), default: "10s", effect: .live,
                "How long it may run before it is killed with all that it forked."),
        ])
}
