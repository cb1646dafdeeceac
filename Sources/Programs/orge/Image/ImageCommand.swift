import ArgumentParser
import OrgeImage
import OrgeSystem

struct ListImage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Lists what an image of a world holds: sections, accounts and rows, server-only ones included.",
        discussion: """
            Works without the world's executable, on a file of the folder images of a world, beside a running server or without one. The \
            contents of a host's own sections are counted, not listed. The exit code is 1 when the image is damaged.

            With --json each line is an object with a "type": "image" first, then for each section a "section", its "account", "presence" and "row" \
            objects and its "sectionEnd", and "trailer" last.

            Examples:
              orge image data/worlds/meadow/images/00000000000000001200.image
              orge image FILE --json | jq 'select(.type == "row" and .component == "position")'
            """
    )

    @Argument(help: ArgumentHelp("The image.", valueName: "file"))
    var file: String

    @Flag(help: "Prints one JSON object a line.")
    var json = false

    func run() throws {
        do {
            var reader = try ImageReader(try FileSource(file))
            var listing = ImageListing(json: json)
            listing.begin(reader.header, reader.schema)
            while let item = try reader.next() { try listing.add(item) }
        } catch let error as ImageError {
            throw CommandFailure("\(file) cannot be read: \(error)", remedy: Self.remedy(error.code))
        } catch let error as SystemError {
            throw CommandFailure("\(file) cannot be read: \(error.reason)")
        }
    }

    private static func remedy(_ code: ImageError.Code) -> String? {
        switch code {
        case .notAnImage: "Name a file of a world's folder images."
        case .truncated, .damaged: "A server starts from the image before it; list that one."
        case .unreadable, .otherFormat, .unknownSection, .missingSection, .repeatedSection, .otherLayout, .otherSchema, .otherHash, .notMigrated: nil
        }
    }
}

/// An image's file, read in large pieces.
private final class FileSource: ChunkSource {
    private static let pieceBytes = 1 << 20

    private let file: Descriptor
    private var buffer: [UInt8] = []
    /// Bytes of the buffer that were handed out.
    private var used = 0

    init(_ path: String) throws(SystemError) { file = try Descriptor.reading(path) }

    func read(upTo count: Int) throws(ImageError) -> [UInt8] {
        while buffer.count - used < count {
            guard case .bytes(let more) = try piece() else { break }
            buffer = buffer[used...] + more
            used = 0
        }
        let end = min(buffer.count, used + count)
        defer { used = end }
        return Array(buffer[used..<end])
    }

    private func piece() throws(ImageError) -> Arrived {
        do throws(SystemError) {
            return try file.read(atMost: Self.pieceBytes)
        } catch {
            throw ImageError(.unreadable, error.reason, cause: error.code)
        }
    }
}
