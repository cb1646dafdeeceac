import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeSchema
import OrgeWorld

/// The image thread: it reads some pages, the world runs, it reads some more.
extension HostProcess {
    func read(_ header: ImageHeader, _ frozen: FrozenHost) {
        later(universe.weather.diskDelay()) { [self] in
            if reaches(.beforeImage) { return }
            if planned?.point == .duringImage { gate.shut(after: planned!.skips) }
            do throws(JournalError) {
                reading = try HostImageReading(frozen, header, to: try ImageFile(tick: header.tick, in: gate))
                readOn()
            } catch {
                failed(error)
            }
        }
    }

    private func readOn() {
        do throws(JournalError) {
            for _ in 0..<random.within(1...4) {
                switch try reading!.step() {
                case .more: continue
                case .busy: return judge.fail("a page is busy, and nothing else runs")
                case .lost:
                    reading = nil
                    return receive(.imageFailed(.tooManyChanges))
                case .end:
                    if let whole = reading.take() { imageFile = try whole.finish() }
                    return later(universe.weather.diskDelay() / 4) { [self] in receive(.imageRead) }
                }
            }
            later(universe.weather.diskDelay() / 4) { [self] in readOn() }
        } catch {
            failed(error)
        }
    }

    func publish(_ tick: UInt64) {
        guard let file = imageFile.take() else { return judge.fail("an image is published that was not read") }
        do throws(JournalError) {
            try file.publish()
            later(universe.weather.diskDelay() / 4) { [self] in adopt(tick) }
        } catch {
            failed(error)
        }
    }

    private func adopt(_ tick: UInt64) {
        if dies(.duringImage) { return }
        step([], image: tick)
    }

    func adopted(_ tick: UInt64, _ unneeded: FileRemoval) {
        removal?.add(unneeded)
        removal = removal ?? unneeded
        if planned?.point == .duringRemoval { gate.shut(after: planned!.skips % 4) }
        later(universe.weather.diskDelay() / 4) { [self] in removeOn(tick) }
    }

    /// The image thread removes a file, records are appended, it removes another one.
    private func removeOn(_ tick: UInt64) {
        do throws(JournalError) {
            if try removal?.step(in: gate) ?? false { return later(universe.weather.diskDelay() / 4) { [self] in removeOn(tick) } }
            removal = nil
        } catch {
            if dies(.duringRemoval) { return }
            universe.verdict.note("\(name): old images or segments stay: \(error)")
        }
        if dies(.duringRemoval) || reaches(.afterImage) { return }
        later(universe.weather.diskDelay()) { [self] in receive(.imageWritten(tick: tick)) }
    }

    private func failed(_ error: JournalError) {
        reading = nil
        if dies(.duringImage) { return }
        universe.verdict.note("\(name): no image: \(error)")
        later(universe.weather.diskDelay()) { [self] in receive(.imageFailed(.storage("\(error)"))) }
    }
}
