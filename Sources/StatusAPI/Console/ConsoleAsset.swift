import CConsole

/// What the console is made of: one page, one style and one script, bytes of this binary.
package enum ConsoleAsset: CaseIterable, Sendable {
    case page, style, script

    package var path: String {
        switch self {
        case .page: "/"
        case .style: "/console.css"
        case .script: "/console.js"
        }
    }

    var contentType: String {
        switch self {
        case .page: "text/html; charset=utf-8"
        case .style: "text/css; charset=utf-8"
        case .script: "text/javascript; charset=utf-8"
        }
    }

    package var bytes: [UInt8] {
        var length = 0
        let start =
            switch self {
            case .page: cconsole_page(&length)
            case .style: cconsole_style(&length)
            case .script: cconsole_script(&length)
            }
        return Array(UnsafeBufferPointer(start: start, count: length))
    }
}

extension Route {
    /// The page asks for everything else with the token of whoever looks at it; it holds nothing by itself.
    static let console: [Route] = ConsoleAsset.allCases.map { asset in
        let bytes = asset.bytes
        return Route(
            template: asset.path, scope: .open, summary: "Show the console",
            produces: .text(asset.contentType), isDocumented: false
        ) { _ in
            Payload(contentType: asset.contentType, bytes: bytes, etag: "")
        }
    }
}
