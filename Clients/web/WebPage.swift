/// The page and its module, built into the executable: a server is one file, and what it serves cannot drift from what it speaks.
package enum WebPage {
    package struct File: Sendable {
        package var contentType: String
        package var bytes: [UInt8]
    }

    /// What is served under a path; nil for anything else.
    package static func file(at path: String) -> File? {
        switch path {
        case "/", "/index.html": File(contentType: "text/html; charset=utf-8", bytes: PackageResources.index_html)
        case "/orge.js": File(contentType: "text/javascript; charset=utf-8", bytes: PackageResources.orge_js)
        default: nil
        }
    }
}
