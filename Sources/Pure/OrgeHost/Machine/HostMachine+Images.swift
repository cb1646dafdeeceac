import OrgeImage
import OrgeSchema

/// Images: begun between two ticks, read beside the ticks that follow, published when the log is recorded through their tick.
extension HostMachine {
    mutating func beginImage() {
        precondition(pending == nil, "an image between sealing and executing")
        guard !images.isInFlight else { return }
        images.began(state.tick, at: lastTime)
        let header = ImageHeader(
            lineage: settings.lineage, tick: state.tick, incarnation: UInt64(settings.incarnation), codeID: settings.codeID)
        directives.append(.readImage(header, state.beginImage(poolBytes: settings.imagePoolBytes)))
    }

    mutating func imageRead() {
        state.endImage()
        images.read(at: lastTime)
        publishImage()
    }

    mutating func publishImage() {
        if let tick = images.publishable(durable: recordedTick) { directives.append(.publishImage(tick: tick)) }
    }

    mutating func imageNeeded(recorded tick: UInt64) {
        recordedTick = max(recordedTick, tick)
        publishImage()
        executeWhenRecorded()
        if pending == nil, !images.isInFlight { directives.append(.beginImage) }
    }

    mutating func imageFailed(_ failure: ImageFailure) {
        if images.isReading { state.endImage() }
        images.failed(failure)
        // A stopping world changes no more: the next reading cannot be given up for changes.
        if failure != .tooManyChanges { stopsWithoutImage = phase == .stopping }
    }
}
