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
        let host = hosts[random.below(hosts.count)]
        switch random.below(16) {
        case 0...7: planDeath(of: host)
        case 8...10: if !scripts.isEmpty { scripts[random.below(scripts.count)].loseLink() }
        case 11: if !scripts.isEmpty { scripts[random.below(scripts.count)].crash() }
        case 12: host.stop()
        case 13: host.failsNextSync = true
        case 14: slowDisk()
        default: weather = Weather(seed: random.next())
        }
    }

    private func planDeath(of host: HostProcess) {
        let points = CrashPoint.allCases
        let point = points[random.below(points.count)]
        let death = PlannedDeath(point: point, losesPower: random.chance(1, outOf: 2), skips: random.below(9))
        if point == .anywhere {
            if host.isRunning { host.die(losesPower: death.losesPower, "\(point)") }
        } else if host.planned == nil {
            host.planned = death
        }
    }

    private func slowDisk() {
        weather.diskStall = weather.between(10 * Weather.millisecond, 800 * Weather.millisecond)
        agenda.after(weather.between(50 * Weather.millisecond, 2 * Weather.second)) { [self] in weather.diskStall = 0 }
    }
}
