import OrgeLink
import OrgeSchema

/// What hosts send to edges.
extension Judge {
    /// Nothing leaves a host that is not durable, and nothing but what the world made.
    /// - Parameter incarnation: of the host that sends.
    func hear(_ frame: HostFrame, of incarnation: UInt64) {
        switch frame {
        case .hello(let hello):
            released(hello.tick, "the hello")
            if UInt64(hello.incarnation) != incarnation { fail("a hello of incarnation \(hello.incarnation), and this is \(incarnation)") }
        case .image(let image):
            released(image.tick, "the image")
            for row in image.rows { checkRow(row, image.bytes, at: image.tick) }
        case .release(let release): hear(release)
        case .auditAnswer(let answer): released(answer.tick, "an audit")
        case .refusedEdge, .sessions: break
        }
    }

    private func hear(_ release: Release) {
        released(release.tick, "a tick")
        for outcome in release.outcomes {
            told(outcome.session, outcome.sequence, release.tick, Array(release.piece(outcome.bytes)))
        }
        // Ticks that follow an image and are not after its tick carry no rows.
        for row in release.set { checkRow(row, release.bytes, at: release.tick) }
    }

    private func checkRow(_ row: RowRecord, _ bytes: [UInt8], at tick: UInt64) {
        verdict.report.checkedRows += 1
        if history.hash(row.entity, row.component, at: tick) != hash64(bytes[row.bytes.range]) {
            fail("row \(row.component) of \(row.entity) is sent as of tick \(tick), and is another one there")
        }
        if world.schema.components[Int(row.component)].visibility == .server { fail("a row of the server's own leaves the host") }
    }
}
