import CrowdWorld
import OrgeHostProcess

enum Size: CrowdSize {
    static var count: Int { 1_000_000 }
    static var side: Int32 { 1_000_000 }
}

@main enum Main { static func main() { WorldProgram.run(Crowd<Size>.self) } }
