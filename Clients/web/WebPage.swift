/// The page and its module, built into the executable: a server is one file, and what it serves cannot drift from what it speaks.
package enum WebPage {
    package struct File: Sendable {
        package var contentType: String
        package var bytes: [UInt8]
    }

    /// What is served under a path; nil for anything else.
    ///
    /// - Parameter nonce: goes into the page's script element in place of the zeros there; the answer's Content-Security-Policy must name the same.
    package static func file(at path: String, nonce: Nonce) -> File? {
        switch path {
        case "/", "/index.html": File(contentType: "text/html; charset=utf-8", bytes: page(with: nonce))
        case "/orge.js": File(contentType: "text/javascript; charset=utf-8", bytes: PackageResources.orge_js)
        default: nil
        }
    }

    /// What lets the page's own inline script run and no other: 32 hexadecimal digits that nobody can guess, drawn anew for each answer.
    package struct Nonce: Sendable {
        package let text: String

        package init(high: UInt64, low: UInt64) { text = Self.digits(high) + Self.digits(low) }

        package static func random() -> Nonce {
            var source = SystemRandomNumberGenerator()
            return Nonce(high: source.next(), low: source.next())
        }

        private static func digits(_ half: UInt64) -> String {
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    private static func page(with nonce: Nonce) -> [UInt8] {
        var page = PackageResources.index_html
        page.replaceSubrange(nonceStart..<nonceStart + 32, with: nonce.text.utf8)
        return page
    }

    /// Where the zeros begin that a nonce replaces.
    private static let nonceStart: Int = {
        let page = PackageResources.index_html
        let name = Array("nonce=\"".utf8)
        let mark = name + Array(repeating: UInt8(ascii: "0"), count: 32)
        guard let start = page.indices.first(where: { page[$0...].starts(with: mark) }) else {
            preconditionFailure("index.html has no script element with a nonce of 32 zeros")
        }
        return start + name.count
    }()
}
