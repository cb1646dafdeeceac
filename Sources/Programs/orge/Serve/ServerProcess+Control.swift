import Glibc
import OrgeControl
import OrgeSupervisor
import OrgeSystem

/// What other commands ask on the control socket.
extension ServerProcess {
    /// More than one person has terminals; each costs one answer.
    private static let controlClientsLimit = 16

    func acceptControlClients(now: UInt64) {
        do {
            while let connection = try plan.controlListener.accept() {
                // The socket's mode says the same; this holds also if someone changes that.
                let user = try connection.peer().user
                guard user == geteuid() || user == 0, controlClients.count < Self.controlClientsLimit else { continue }
                controlClients.append(ControlClient(connection, now: now))
            }
        } catch {
            // No world depends on it. The socket stays readable while a client waits, so without a pause this would be a busy loop.
            acceptsFrom = now + 1_000_000_000
            standardError.print("orge: \(error)")
        }
    }

    func serve(_ client: ControlClient, isReady: Bool, now: UInt64) {
        if now >= client.deadline, let world = client.liftedWorld { return client.giveUp(Self.unanswered(world)) }
        guard isReady || now >= client.deadline else { return }
        if now >= client.deadline || !goesOn(client) { controlClients.removeAll { $0 === client } }
    }

    private func goesOn(_ client: ControlClient) -> Bool {
        do {
            if client.reply.isEmpty {
                guard case .bytes(let bytes) = try client.descriptor.read(atMost: ControlClient.requestBytesLimit) else { return false }
                client.request += bytes
                guard !client.isWaiting, let end = client.request.firstIndex(of: 10) else { return client.request.count < ControlClient.requestBytesLimit }
                serve(String(decoding: client.request[..<end], as: UTF8.self), of: client)
            }
            return client.isWaiting ? true : try client.send()
        } catch {
            return false  // the client has closed the connection
        }
    }

    /// `status` or `lift WORLD TARGET`.
    private func serve(_ request: String, of client: ControlClient) {
        let words = request.split(separator: " ", maxSplits: 2).map(String.init)
        switch words.first {
        case "status" where words.count == 1:
            client.answer(StatusDocument.document(machine.status(now: monotonicNanoseconds()), pid: getpid(), history: history))
        case "lift" where words.count == 3:
            guard let target = LiftTarget(words[2]) else { fallthrough }
            lastLift &+= 1
            client.awaits(lastLift, of: words[1])
            handle(.liftRequested(request: lastLift, world: words[1], target))
        default: client.answer(.object([("error", .string("unknown request \"\(request)\""))]))
        }
    }

    /// A client that has gone meanwhile is not told.
    func answerLift(_ request: UInt32, _ answer: LiftAnswer) {
        guard let client = controlClients.first(where: { $0.lift?.request == request }), let world = client.liftedWorld else { return }
        switch answer {
        case .lifted(let tick, let measures):
            client.answer(.object([("world", .string(world)), ("tick", .count(tick)), ("lifted", .array(measures.map(JSONValue.string)))]))
        case .refused(let why, let hint): client.answer(.object([("error", .string(why)), ("hint", .string(hint))]))
        }
    }

    private static func unanswered(_ world: String) -> JSONValue {
        .object([
            ("error", .string("the world \(world) has not journaled it yet, and may still do so")),
            ("hint", .string("`orge status` says what the world waits for; then try again.")),
        ])
    }
}
