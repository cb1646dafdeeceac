import Glibc
import OrgeSchema
import OrgeWorld

/// `--check`: looks through the whole of a world's declaration, so that an author sees every mistake at once.
enum DeclarationCheck {
    /// Prints one line about a valid declaration, or with JSON the declaration with its mistakes, for `orge check`.
    /// - Throws: every mistake, a line each.
    static func run<W: World>(_ world: W.Type, _ site: DeclarationSite, isJSON: Bool) throws(ProgramFailure) {
        let declaration = WorldEngine.declaration(of: world, site: site)
        if isJSON {
            printLine(json(declaration))
        } else if declaration.faults.isEmpty {
            printLine(line(declaration))
        }
        guard !declaration.faults.isEmpty else { return }
        throw ProgramFailure(message: declaration.faults.map { "\($0)" }.joined(separator: "\n"), code: ProgramFailure.authorFaultCode)
    }

    /// The schema's document says the rest: `describe --schema`.
    private static func json(_ declaration: WorldDeclaration) -> String {
        let faults = declaration.faults.map { fault in
            let place = fault.site.map { "\"file\":\($0.fileID.quotedForJSON),\"line\":\($0.line)," } ?? ""
            return "{\(place)\"message\":\(fault.why.quotedForJSON)}"
        }
        let systems = declaration.systems.map { system in
            "{\"name\":\(system.name.quotedForJSON),\"period\":\(system.period),\"reads\":\(names(system.reads)),\"writes\":\(names(system.writes))}"
        }
        let schema = declaration.schema
        let document = faults.isEmpty ? schema.encoded().hexadecimal.quotedForJSON : "null"
        return """
            {"world":\(schema.name.quotedForJSON),"version":\(schema.version),"mistakes":[\(faults.joined(separator: ","))],\
            "systems":[\(systems.joined(separator: ","))],"types":\(names(declaration.typeNames)),"schema":\(document)}
            """
    }

    private static func names(_ names: [String]) -> String { "[" + names.map(\.quotedForJSON).joined(separator: ",") + "]" }

    private static func line(_ declaration: WorldDeclaration) -> String {
        let schema = declaration.schema
        return """
            \(schema.name) \(schema.version): no mistake in the declaration of \(schema.components.count) components (\(schema.intents.count) intents among \
            them), \(schema.commands.count) commands, \(schema.events.count) events and \(declaration.systems.count) systems
            """
    }
}
