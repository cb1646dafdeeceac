import OrgeJournal
import OrgeJournalFiles
import OrgeSchema
import OrgeSystem

/// Which code runs a world, and what other code has to do first. Decided at the start of `orge serve`, before any process of the world runs.
struct WorldCode {
    /// In charge: the world's host is started from its kept copy, also after a death.
    var code: CodeID
    /// Run the records that they have made, in this order, each ending with an image from which the next goes on.
    var settling: [CodeID]
    /// For the operator.
    var notices: [String]
}

/// Decides it for one world.
struct WorldCodeChoice: ~Copyable {
    let name: String
    /// The executable that `serve` was given, as its caller named it.
    let executable: String
    /// DIR/worlds/NAME
    let folder: String
    let environment: [String]

    /// - Parameter entry: of the universe; gets what was given, and what is in charge from now on.
    /// - Throws: in words, where the world may not start with this executable. Then nothing has changed but that the executable is kept.
    func decide(_ store: borrowing CodeStore, _ entry: inout UniverseFile.World) throws -> WorldCode {
        let given = try store.keep(executable)
        let before = entry.code.flatMap { CodeID($0) }
        let isSameAgain = entry.given == given.text
        var choice = WorldCode(code: isSameAgain ? before ?? given : given, settling: [], notices: [])
        if choice.code != given {
            choice.notices.append("world \(name): the executable given is \(given.short); \(choice.code.short) is in charge, and runs")
        }
        try store.check(choice.code)
        try plan(&choice, before, store)
        entry.given = given.text
        entry.code = choice.code.text
        return choice
    }

    private func plan(_ choice: inout WorldCode, _ before: CodeID?, _ store: borrowing CodeStore) throws {
        guard let storage = try storage() else { return }
        let (code, isChanged) = (choice.code, before != choice.code)
        do {
            if try !isChanged && Journal.isTail(storage, of: code.text) { return }
            guard let survey = try Journal.survey(storage) else { return }
            if isChanged, survey.lastTick > 0 { try checkSchema(code, before, survey, store) }
            for stretch in survey.unsettled(for: code.text) {
                let settler = try settler(stretch, store)
                choice.settling.append(settler)
                choice.notices.append(
                    """
                    world \(name): \(code.short) is in charge now; first \(settler.short) settles ticks \(stretch.firstTick) to \(stretch.lastTick), \
                    which it recorded
                    """)
            }
        } catch is JournalError {
            // Damage. The host's own start finds the same, and tells it.
        }
    }

    private func storage() throws -> FileStorage? {
        do throws(JournalError) { return try FileStorage(folder: folder, creates: false) } catch {
            // A world that was never started has no folders yet; what else there may be the host's start tells.
            return nil
        }
    }

    private func settler(_ stretch: CodeStretch, _ store: borrowing CodeStore) throws -> CodeID {
        let ticks = "ticks \(stretch.firstTick) to \(stretch.lastTick) of world \(name) were recorded by"
        guard let code = CodeID(stretch.codeID) else {
            throw CommandFailure(
                "\(ticks) code named \(stretch.codeID), which is no kept executable: the journal was written by an older Orge",
                remedy: "Start the world with that executable and that Orge once more and stop it in order, or remove \(folder).")
        }
        do {
            try store.check(code)
        } catch let failure as CommandFailure {
            throw CommandFailure("\(ticks) other code, which has to run them first. \(failure.cause)", remedy: failure.remedy)
        }
        return code
    }

    /// The data was made under the schema of the code before, and nothing migrates it yet.
    private func checkSchema(_ code: CodeID, _ before: CodeID?, _ survey: JournalSurvey, _ store: borrowing CodeStore) throws {
        let new = try WorldDescription.schema(of: try store.executable(code), as: executable, environment: environment)
        guard new.hash != survey.schemaHash else { return }
        var differences = ["the data's schema is \(survey.schemaHash.hexadecimal), this executable's \(new.hash.hexadecimal)"]
        if let before, let old = try? WorldDescription.schema(of: try store.executable(before), as: executable, environment: environment),
            old.hash == survey.schemaHash
        {
            differences = SchemaDifference(from: old, to: new).lines
        }
        throw CommandFailure(
            "world \(name) cannot start: its data was made under another schema than that of \(executable):\n  " + differences.joined(separator: "\n  "),
            remedy:
                "Give the executable that made the data, or another data folder (--data). Migrations are to come with `orge upgrade`, which does not exist yet."
        )
    }
}
