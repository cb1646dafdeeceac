import Glibc
import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeSystem
import OrgeWorld
import Synchronization

/// What the image thread tells the main one.
enum ImageReport: Sendable {
    /// All pages are read.
    case read
    case written(tick: UInt64)
    /// What the image of this tick replaces is removed, or could not be.
    case tidied(tick: UInt64)
    /// Old images or segments could not be removed.
    case untidy(String)
    case failed(ImageFailure)
}

/// Reads images beside the running world, writes them to files and removes what they replace, on a thread of its own: neither ticks nor commits
/// wait for it.
///
/// One image at a time, as the host's machine orders: read, then publish, then remove.
final class ImageThread: Sendable {
    private enum Work: Sendable {
        case read(ImageHeader, FrozenHost)
        case publish(tick: UInt64)
        case remove(FileRemoval, tick: UInt64)
    }

    /// Microseconds until a page that the world is copying is tried again: a copy takes a few.
    private static let busyMicroseconds: UInt32 = 20

    private let storage: any JournalStorage
    private let orders = Mutex<[Work]>([])
    private let work: Bell
    let reports: ReportQueue<ImageReport>

    init(_ storage: any JournalStorage) throws(SystemError) {
        self.storage = storage
        work = try Bell()
        reports = try ReportQueue()
        startThread("orge-image") { [self] in loop() }
    }

    func read(_ header: ImageHeader, _ host: FrozenHost) { enqueue(.read(header, host)) }

    func publish(tick: UInt64) { enqueue(.publish(tick: tick)) }

    /// Removes what the durable image of this tick has made unneeded.
    func remove(_ removal: FileRemoval, tick: UInt64) { enqueue(.remove(removal, tick: tick)) }

    private func enqueue(_ order: Work) {
        orders.withLock { $0.append(order) }
        work.ring()
    }

    private func loop() {
        /// The image that is read and not yet published.
        var file: ImageFile?
        /// What could not be removed is tried again with the next image.
        var removal: FileRemoval?
        while true {
            let order = orders.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            switch order {
            case .read(let header, let host): reports.post(read(header, host, &file))
            case .publish(let tick): reports.post(publish(tick, &file))
            case .remove(let unneeded, let tick):
                removal?.add(unneeded)
                removal = remove(removal ?? unneeded)
                reports.post(.tidied(tick: tick))
            case nil: work.wait()
            }
        }
    }

    private func read(_ header: ImageHeader, _ host: FrozenHost, _ file: inout ImageFile?) -> ImageReport {
        do throws(JournalError) {
            var reading = try HostImageReading(host, header, to: try ImageFile(tick: header.tick, in: storage))
            while true {
                switch try reading.step() {
                case .more: continue
                case .busy: usleep(Self.busyMicroseconds)
                case .lost: return .failed(.tooManyChanges)
                case .end:
                    file = try reading.finish()
                    return .read
                }
            }
        } catch {
            return .failed(.storage("\(error)"))
        }
    }

    private func publish(_ tick: UInt64, _ file: inout ImageFile?) -> ImageReport {
        do throws(JournalError) {
            guard let written = file.take() else { preconditionFailure("no image was read") }
            try written.publish()
            return .written(tick: tick)
        } catch {
            return .failed(.storage("\(error)"))
        }
    }

    /// - Returns: what could not be removed.
    private func remove(_ unneeded: FileRemoval) -> FileRemoval? {
        var removal = unneeded
        do throws(JournalError) {
            try removal.finish(in: storage)
            return nil
        } catch {
            reports.post(.untidy("\(error)"))
            return removal
        }
    }
}
