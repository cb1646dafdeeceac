import Foundation
import OrgeBase
import OrgeSystem
import Testing

@testable import orge

@Suite("Kept executables") struct CodeStoreTests {
    /// A data folder with two programs beside it.
    private final class Place {
        let root = FileManager.default.temporaryDirectory.appending(path: "orge-code-\(UUID().uuidString)").path
        let folder: Folder
        init() throws { folder = try Folder("\(root)/data", creating: true) }
        deinit { try? FileManager.default.removeItem(atPath: root) }

        func program(_ name: String, _ text: String) throws -> String {
            let path = "\(root)/\(name)"
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }

        func kept() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "\(root)/data/code").sorted() }

        func overwrite(_ name: String, _ change: (inout Data) -> Void) throws {
            let url = URL(filePath: "\(root)/data/code/\(name)")
            var bytes = try Data(contentsOf: url)
            change(&bytes)
            try FileManager.default.removeItem(at: url)
            try bytes.write(to: url)
        }
    }

    @Test("A digest is that of FIPS 180-4, in pieces of any size", arguments: [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000])
    func digests(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(digest(of: bytes) == SHA256.digest(bytes).hexadecimal)
    }

    @Test("An executable is kept by the hash of its bytes, once, and can be run")
    func keeps() throws {
        let place = try Place()
        let store = try CodeStore(in: place.folder)
        let code = try store.keep(try place.program("world", "#!/bin/sh\necho kept\n"))
        #expect(code.text == SHA256.digest(Array("#!/bin/sh\necho kept\n".utf8)).hexadecimal)
        #expect(try store.keep("\(place.root)/world") == code)
        #expect(try place.kept() == [code.text])
        let path = try store.executable(code)
        #expect(isExecutableFile(path))
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o500)
    }

    @Test("What does not run is compressed, unpacked when it is needed, and removed when nothing needs it")
    func packs() throws {
        let place = try Place()
        let store = try CodeStore(in: place.folder)
        let text = String(repeating: "#!/bin/sh\n", count: 10_000)
        let old = try store.keep(try place.program("old", text))
        let new = try store.keep(try place.program("new", text + "#"))
        try store.pack(allBut: [new])
        #expect(try Set(place.kept()) == [old.text + ".zst", new.text])
        #expect(try store.codes().count == 2)
        try store.check(old)
        #expect(try String(contentsOfFile: store.executable(old), encoding: .utf8) == text)
        try store.pack(allBut: [])
        try store.collect(needed: [old])
        #expect(try place.kept() == [old.text + ".zst"])
    }

    @Test("A copy that was altered is refused in words, packed or not", arguments: [false, true])
    func altered(isPacked: Bool) throws {
        let place = try Place()
        let store = try CodeStore(in: place.folder)
        let code = try store.keep(try place.program("world", String(repeating: "x", count: 5_000)))
        if isPacked { try store.pack(allBut: []) }
        try place.overwrite(code.text + (isPacked ? ".zst" : "")) { $0[$0.count - 3] ^= 1 }
        let failure = #expect(throws: CommandFailure.self) { try store.executable(code) }
        #expect(failure?.cause.contains("was altered") == true)
        #expect(throws: CommandFailure.self) { try store.check(code) }
        // The same bytes given again are a whole copy.
        #expect(try store.keep("\(place.root)/world") == code)
        try store.check(code)
    }

    @Test("Code that is gone is refused in words, and so is what is not whole", arguments: [0, 1, 20])
    func gone(left: Int) throws {
        let place = try Place()
        let store = try CodeStore(in: place.folder)
        let code = try store.keep(try place.program("world", String(repeating: "program", count: 100)))
        try store.pack(allBut: [])
        if left == 0 {
            try FileManager.default.removeItem(atPath: "\(place.root)/data/code/\(code).zst")
        } else {
            try place.overwrite(code.text + ".zst") { $0 = $0.prefix(left) }
        }
        let failure = #expect(throws: CommandFailure.self) { try store.executable(code) }
        #expect(failure?.cause.contains(left == 0 ? "is not kept" : "was altered") == true)
    }
}
