import Glibc

/// Lets one thread sleep until another has something for it: a mutex, what it guards, and a condition
/// variable.
///
/// Safe to share (`@unchecked`) because `value` is only touched between lock and unlock.
final class ThreadSignal<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes the value and wakes whoever waits.
    func update<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return body(&value)
    }

    /// Sleeps until `body` returns something.
    func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }
}

/// A result that one thread waits for and another delivers.
final class BlockingResult<Value: Sendable>: Sendable {
    private let signal = ThreadSignal<Result<Value, GitError>?>(nil)

    func set(_ result: Result<Value, GitError>) { signal.update { $0 = result } }

    func wait() -> Result<Value, GitError> { signal.wait { $0 } }
}
