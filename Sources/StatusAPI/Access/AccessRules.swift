/// Who may ask over TCP, and what. The local socket needs none of it: the kernel says who connects there.
package struct AccessRules: Sendable, Hashable {
    package var tokens: [AccessToken]
    /// What is answered without a token, to this very host alone.
    package var anonymous: Set<Scope>
    /// Names that this host is asked for by, in lower case, beside the loopback ones.
    package var hosts: Set<String>
    package var rate: RequestRate

    package init(
        tokens: [AccessToken] = [], anonymous: Set<Scope>? = nil, hosts: Set<String> = [],
        rate: RequestRate = RequestRate()
    ) {
        self.tokens = tokens
        // Who makes tokens wants them to be asked for.
        self.anonymous = anonymous ?? (tokens.isEmpty ? [.status, .metrics] : [])
        self.hosts = hosts
        self.rate = rate
    }
}

/// How many requests one token or one address may make.
package struct RequestRate: Sendable, Hashable {
    package var perSecond: Double
    package var burst: Double

    package init(perSecond: Double = 100, burst: Double = 500) {
        self.perSecond = perSecond
        self.burst = burst
    }
}
