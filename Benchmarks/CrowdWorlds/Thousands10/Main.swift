import CrowdWorld
import OrgeHostProcess

enum Size: CrowdSize {
    static var count: Int { 10_000 }
    static var side: Int32 { 100_000 }
}

@main enum Main { static func main() { WorldProgram.run(Crowd<Size>.self) } }
