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
    /// The data is under another schema, and the code migrates it.
    var migrates = false
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
    /// Changes that nothing takes back are allowed.
    let isOneWay: Bool

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
            if survey.codeID != code.text, survey.lastTick > 0 { try planMigration(&choice, survey, store) }
            for stretch in survey.unsettled(for: code.text) {
                let ticks = "ticks \(stretch.firstTick) to \(stretch.lastTick) of world \(name) were recorded by"
                let settler = try settler(stretch.codeID, ticks, store)
                choice.settling.append(settler)
                choice.notices.append(
                    """
                    world \(name): \(code.short) is in charge now; first \(settler.short) settles ticks \(stretch.firstTick) to \(stretch.lastTick), \
                    which it recorded
                    """)
            }
            // The code in charge has recorded nothing, and has changed the schema: what it made of the state is what is migrated.
            if choice.migrates, survey.codeID != survey.tail.last?.codeID ?? survey.imageCodeID {
                choice.settling.append(try settler(survey.codeID, "the state of world \(name) was migrated last by", store))
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

    /// - Parameter what: was done by that code, for messages.
    private func settler(_ codeID: String, _ what: String, _ store: borrowing CodeStore) throws -> CodeID {
        guard let code = CodeID(codeID) else {
            throw CommandFailure(
                "\(what) code named \(codeID), which is no kept executable: the journal was written by an older Orge",
                remedy: "Start the world with that executable and that Orge once more and stop it in order, or remove \(folder).")
        }
        do {
            try store.check(code)
        } catch let failure as CommandFailure {
            throw CommandFailure("\(what) other code, which has to run first. \(failure.cause)", remedy: failure.remedy)
        }
        return code
    }

    /// Where the data is under another schema: shows what the new code makes of it, and whether it may.
    private func planMigration(_ choice: inout WorldCode, _ survey: JournalSurvey, _ store: borrowing CodeStore) throws {
        let path = try store.executable(choice.code)
        let new = try WorldDescription.schema(of: path, as: executable, environment: environment)
        guard new.hash != survey.schemaHash else { return }
        let old = try schema(survey, store)
        guard new.version >= old.version else {
            throw CommandFailure(
                "world \(name) cannot start: its data is of version \(old.version), and \(executable) is version \(new.version)",
                remedy: "Give an executable of version \(old.version) or later.")
        }
        let plan = try WorldMigrationPlan.ask(path, as: executable, from: old, environment: environment)
        try check(plan)
        choice.migrates = true
        let words = plan.changes.isEmpty ? "has another schema; no row changes" : "has another schema; the data is migrated to it"
        let lines = plan.changes + SchemaDifference(from: old, to: new).lines
        choice.notices.append(
            (["world \(name): \(choice.code.short) \(words)"] + (lines.isEmpty ? ["the order of parts, a rule, a weight or a cost differs"] : lines)).joined(
                separator: "\n  "))
    }

    private func check(_ plan: WorldMigrationPlan) throws {
        guard plan.gaps.isEmpty else {
            throw CommandFailure(
                "world \(name) cannot start: \(executable) does not say how its data is to be migrated:\n  " + plan.gaps.map(\.text).joined(separator: "\n  "),
                remedy: "Add the migrations and build it again, or give the executable that made the data.")
        }
        guard plan.losses.isEmpty || isOneWay else {
            throw CommandFailure(
                "world \(name) does not start by itself: with \(executable) its data would change in ways that nothing takes back:\n  "
                    + plan.losses.joined(separator: "\n  "),
                remedy: "If that is what you want, start it with --one-way.")
        }
    }

    /// The schema that the data is under.
    private func schema(_ survey: JournalSurvey, _ store: borrowing CodeStore) throws -> WorldSchema {
        if let code = CodeID(survey.codeID), case let path = try store.executable(code),
            let old = try? WorldDescription.schema(of: path, as: executable, environment: environment),
            old.hash == survey.schemaHash
        {
            return old
        }
        throw CommandFailure(
            "world \(name) cannot start: its data is under the schema \(survey.schemaHash.hexadecimal), and no kept executable has it",
            remedy: "Give the executable that made the data once more and stop it in order, or another data folder (--data).")
    }
}
