import Glibc
import OrgeSupervisor
import OrgeSystem

extension ServerProcess {
    /// More than one person has terminals; each costs a status document at most.
    private static let statusClientsLimit = 16

    func acceptStatusClients(now: UInt64) {
        do {
            while let connection = try plan.controlListener.accept() {
                // The socket's mode says the same; this holds also if someone changes that.
                let user = try connection.peer().user
                guard user == geteuid() || user == 0, statusClients.count < Self.statusClientsLimit else { continue }
                statusClients.append(StatusClient(connection, now: now))
            }
        } catch {
            // No world depends on it. The socket stays readable while a client waits, so without a pause this would be a busy loop.
            acceptsFrom = now + 1_000_000_000
            standardError.print("orge: \(error)")
        }
    }

    func serve(_ client: StatusClient, isReady: Bool, now: UInt64) {
        guard isReady || now >= client.deadline else { return }
        if now >= client.deadline || !goesOn(client) { statusClients.removeAll { $0 === client } }
    }

    private func goesOn(_ client: StatusClient) -> Bool {
        do {
            if client.reply.isEmpty {
                guard case .bytes(let bytes) = try client.descriptor.read(atMost: StatusClient.requestBytesLimit) else { return false }
                client.request += bytes
                guard let end = client.request.firstIndex(of: 10) else { return client.request.count < StatusClient.requestBytesLimit }
                client.reply = Array((answer(String(decoding: client.request[..<end], as: UTF8.self)).text + "\n").utf8)
            }
            client.reply.removeFirst(try client.descriptor.writeNow(client.reply[...]))
            return !client.reply.isEmpty
        } catch {
            return false  // the client has closed the connection
        }
    }

    private func answer(_ request: String) -> JSONValue {
        switch request {
        case "status": StatusDocument.document(machine.status(now: monotonicNanoseconds()), pid: getpid(), history: history)
        default: .object([("error", .string("unknown request \"\(request)\""))])
        }
    }
}
