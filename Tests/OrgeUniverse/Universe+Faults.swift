import OrgeSchema

/// What goes wrong, by the seed.
extension Universe {
    /// Something goes wrong after a while, and again after that.
    func planFault() {
        agenda.after(weather.between(Weather.millisecond, 700 * Weather.millisecond)) { [self] in
            guard !isEnding else { return }
            fault()
            planFault()
        }
    }

    private func fault() {
        let hosts = allHosts
        let host = hosts[random.below(hosts.count)]
        if settings.losesLocks, random.chance(1, outOf: 4) { return startSecondHost(in: host.folder) }
        if settings.losesTails, random.chance(1, outOf: 6) { return host.loseTail() }
        switch random.below(19) {
        case 0...7: planDeath(of: host)
        case 8...10: loseLink()
        case 11: crashEdge()
        case 12: host.stop()
        case 13: host.failsNextSync = true
        case 14: slowDisk()
        case 15, 16: loseClient()
        case 17: host.fillDisk(for: weather.between(20 * Weather.millisecond, 2 * Weather.second))
        default: weather = Weather(seed: random.next())
        }
    }

    /// A process is stopped after a while, and goes on later; and again after that. Not for so long that hosts give an edge up.
    func planPause() {
        agenda.after(weather.between(50 * Weather.millisecond, 1_500 * Weather.millisecond)) { [self] in
            guard !isEnding else { return }
            pause()
            planPause()
        }
    }

    private func pause() {
        let end = agenda.now + weather.between(Weather.millisecond, random.chance(1, outOf: 4) ? 2_500 * Weather.millisecond : 200 * Weather.millisecond)
        verdict.report.pauses += 1
        if edges.isEmpty || random.chance(1, outOf: 2) {
            let hosts = allHosts
            let host = hosts[random.below(hosts.count)]
            verdict.note("\(host.name) is stopped until \(end / 1_000) µs")
            host.stoppage.begin(until: end, agenda)
        } else {
            let edge = edges[random.below(edges.count)]
            verdict.note("\(edge.name) is stopped until \(end / 1_000) µs")
            edge.stoppage.begin(until: end, agenda)
        }
    }

    private func loseLink() {
        if !scripts.isEmpty { scripts[random.below(scripts.count)].loseLink() }
        if !edges.isEmpty { edges[random.below(edges.count)].loseLink() }
    }

    private func crashEdge() {
        if !scripts.isEmpty { scripts[random.below(scripts.count)].crash() }
        if !edges.isEmpty { edges[random.below(edges.count)].crash() }
    }

    private func loseClient() {
        guard !clients.isEmpty, let wire = clients[random.below(clients.count)].wire else { return }
        verdict.report.clientsLost += 1
        wire.snap()
    }

    /// In development mode a client may have a world killed.
    func kill(_ name: String) {
        guard !isEnding, let host = hosts.first(where: { $0.world.name == name }), host.isRunning else { return }
        host.die(losesPower: false, "by a client's wish")
    }

    private func planDeath(of host: HostProcess) {
        let points = CrashPoint.allCases
        let point = points[random.below(points.count)]
        let death = PlannedDeath(point: point, losesPower: random.chance(1, outOf: 2), skips: random.below(9))
        if point == .anywhere {
            if host.isRunning { host.die(losesPower: death.losesPower, at: point) }
        } else if host.planned == nil {
            host.planned = death
        }
    }

    /// Another server starts its host on the folder, whose lock does not hold; at some time, or in the middle of what the host there does on the disk.
    private func startSecondHost(in folder: WorldFolder) {
        guard !folder.isShared else { return }
        verdict.report.secondHosts += 1
        let name = "\(folder.world.name) of server \(verdict.report.secondHosts + 1)"
        verdict.note("\(name) is to start")
        let newcomer = HostProcess(self, folder, name: name, random: RandomSource(seed: random.next()))
        folder.add(newcomer)
        newcomer.comeBack(after: weather.between(0, 500 * Weather.millisecond))
    }

    private func slowDisk() {
        weather.diskStall = weather.between(10 * Weather.millisecond, 800 * Weather.millisecond)
        agenda.after(weather.between(50 * Weather.millisecond, 2 * Weather.second)) { [self] in weather.diskStall = 0 }
    }
}
