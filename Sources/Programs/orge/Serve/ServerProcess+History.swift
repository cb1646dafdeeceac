import OrgeSystem

/// The background check of history.
extension ServerProcess {
    func beginHistoryChecks() {
        let rate = plan.settings.historyCheckBytesPerSecond
        guard rate > 0 else { return }
        let worlds = plan.worlds.map { (name: $0.name, folder: $0.folder, forgets: plan.settings.forgetsHistory($0.name)) }
        historyChecker = HistoryChecker(worlds, bytesPerSecond: rate, executable: Self.ourselves, environment: ServerPlan.environment(adding: []))
    }

    /// To be called in each turn.
    func checkHistory(now: UInt64) {
        do throws(SystemError) {
            for sentence in try historyChecker?.turn(now: now) ?? [] { standardError.print("orge: \(sentence)") }
        } catch {
            // No world depends on it.
            standardError.print("orge: history is not checked any more: \(error)")
            historyChecker = nil
        }
    }

    func history(of world: String) -> CheckedHistory {
        historyChecker?.histories.first { $0.world == world }?.history ?? CheckedHistory()
    }
}
