import Testing

@testable import orge

@Suite("orge serve: the kernel's count of processes killed for memory") struct MemoryKillsTests {
    @Test("The counter is found in the files of both versions of control groups")
    func count() {
        #expect(MemoryKills.count(in: "low 0\nhigh 2\nmax 17\noom 4\noom_kill 3\noom_group_kill 0\n") == 3)
        #expect(MemoryKills.count(in: "oom_kill_disable 0\nunder_oom 0\noom_kill 12\n") == 12)
        #expect(MemoryKills.count(in: "oom_kill_disable 0\n") == nil && MemoryKills.count(in: "oom_kill x") == nil && MemoryKills.count(in: "") == nil)
    }

    @Test("The group's own file comes before that of the root, which is what a container sees")
    func candidates() {
        #expect(MemoryKills.candidates("0::/user.slice/a.scope\n") == ["/sys/fs/cgroup/user.slice/a.scope/memory.events", "/sys/fs/cgroup/memory.events"])
        #expect(
            MemoryKills.candidates("5:cpu,cpuacct:/b\n4:memory:/a/b\n")
                == ["/sys/fs/cgroup/memory/a/b/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control"])
        #expect(MemoryKills.candidates("0::/\n") == ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory.events"])
        #expect(MemoryKills.candidates("nonsense") == [])
    }

    @Test("A living process whose group loses none reports none")
    func quiet() {
        #expect(!MemoryKills(of: 1).hasGrown && !MemoryKills(of: -1).hasGrown)
    }
}
