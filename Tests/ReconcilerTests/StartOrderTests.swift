import Testing

@testable import Reconciler

struct StartOrderTests {
    @Test("what is depended on has the lower rank")
    func diamond() {
        let order = StartOrder(dependencies: [
            "web": ["api", "cache"], "api": ["db"], "cache": ["db"], "db": [],
        ])
        #expect(order.rank("db") == 0)
        #expect(order.rank("api") == 1 && order.rank("cache") == 1)
        #expect(order.rank("web") == 2)
    }

    @Test("names that are not declared do not disturb")
    func unknown() {
        let order = StartOrder(dependencies: ["web": ["nowhere"]])
        #expect(order.rank("web") == 1)
        #expect(order.rank("else") == 0)
    }

    @Test("a chain of ten thousand needs no stack", .timeLimit(.minutes(1)))
    func chain() {
        let count = 10_000
        var graph: [String: [String]] = [:]
        for index in 0..<count { graph["i\(index)"] = index == 0 ? [] : ["i\(index - 1)"] }
        let order = StartOrder(dependencies: graph)
        #expect(order.rank("i0") == 0)
        #expect(order.rank("i\(count - 1)") == count - 1)
    }

    @Test("a cycle is cut, and everything outside it keeps its order")
    func cycle() {
        let order = StartOrder(dependencies: [
            "a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "self": ["self"],
        ])
        #expect(order.rank("d") > order.rank("a"))
        #expect(order.ranks.count == 5)
    }
}
