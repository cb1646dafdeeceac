import OrgeControl
import OrgeSupervisor
import OrgeSystem

/// The command lines of the children; ``ChildMessage`` states the contract.
extension ServerProcess {
    /// This very executable, also after its file was replaced: edge and supervisor must be of one build.
    static let ourselves = "/proc/self/exe"
    private static let version = ["--control-version", String(ControlFrame.formatVersion)]

    /// - Parameter run: of a host, for its flight recorder.
    func launch(_ child: Child, run: UInt64?) throws -> Launch {
        switch child {
        case .host(let name): try host(plan.world(name), run: run)
        case .edge(let index): edge(index)
        case .bots: bots()
        }
    }

    /// The code in charge of the world, or the code that has to settle its records first.
    func code(of world: ServerPlan.World) -> CodeID {
        let unsettled = machine.unsettledCount(world.name)
        return unsettled > 0 ? world.code.settling[world.code.settling.count - unsettled] : world.code.code
    }

    /// Runs from the kept copy of its code.
    private func host(_ world: ServerPlan.World, run: UInt64?) throws -> Launch {
        var arguments = [
            world.executable, "host", "--data", world.folder, "--name", world.name, "--number", String(world.number), "--control-fd", "3", "--lifeline-fd", "4",
        ]
        let code = code(of: world)
        arguments += Self.version + ["--code", code.text]
        if machine.unsettledCount(world.name) > 0 { arguments.append("--settle") } else if world.code.migrates { arguments.append("--migrate") }
        if let run { arguments += ["--flight-fd", "5", "--flight-run", String(run)] }
        if let blame = machine.blame(of: world.name) { arguments += ["--blame", blame.argument] }
        arguments += ["--linger-seconds", String(plan.settings.lingerSeconds(world.name))]
        arguments += ["--disk-floor-mib", String(plan.settings.diskFloorMebibytes(world.name))]
        if let bytes = plan.settings.imagePoolBytes(world.name) { arguments += ["--image-pool-bytes", String(bytes)] }
        if plan.settings.forgetsHistory(world.name) { arguments.append("--forget-history") }
        // The automatic backtracer adds 0.3 s to every crash.
        return launch(try plan.store.executable(code), arguments, [BacktraceSetting.off])
    }

    private func edge(_ index: Int) -> Launch {
        var arguments = ["orge", "edge", "--listen-fd", "5", "--control-fd", "3", "--lifeline-fd", "4"]
        arguments += Self.version
        arguments += ["--edge-id", String(machine.edgeID(index)), "--max-clients", String(plan.settings.maxClients)]
        arguments += ["--unauthenticated-connections", String(plan.settings.unauthenticatedConnections)]
        for world in plan.worlds { arguments += ["--world", "\(world.name)=\(world.folder)"] }
        if plan.developmentToken != nil { arguments.append("--dev") }
        // Not as an argument: those may be read by every user of the machine.
        let secrets = plan.developmentToken.map { ["ORGE_DEV_TOKEN=\($0)"] } ?? []
        return launch(plan.edgeExecutable ?? Self.ourselves, arguments, secrets)
    }

    private func bots() -> Launch {
        let arguments = [
            "orge", "bots", "--connect", plan.address, "--world", plan.worlds[0].name, "--count", String(plan.settings.bots), "--prefix", "bot",
            "--control-fd", "3",
        ]
        return launch(plan.edgeExecutable ?? Self.ourselves, arguments, [])
    }

    private func launch(_ path: String, _ arguments: [String], _ additions: [String]) -> Launch {
        let environment = ServerPlan.environment(adding: additions)
        return Launch(path: path, arguments: arguments, environment: environment, standardOutput: -1, standardError: -1)
    }
}
