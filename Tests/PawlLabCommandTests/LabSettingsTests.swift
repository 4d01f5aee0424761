import Testing

import PawlReferee
@testable import PawlLabCommand

@Suite struct LabSettingsTests {
  @Test func `settings survive being written and read`() throws {
    let settings = LabSettings(operations: 5_000_000_000)
    #expect(try LabSettings(parsing: settings.text) == settings)
  }

  @Test func `a new study has three rungs, each sixteen times as expensive as the one before`() throws {
    let settings = LabSettings()
    let rungs = try LabSettings.names.map { try settings.rung($0) }
    #expect(rungs.map(\.budget.operations) == [300_000_000_000, 4_800_000_000_000, 76_800_000_000_000])
    #expect(rungs.map(\.context) == [64, 256, 256])
    #expect(rungs.map { [$0.depth, $0.width, $0.heads] } == [[3, 64, 4], [4, 128, 4], [6, 256, 8]])
    #expect(LabSettings(operations: .max).rungs[3]?.budget.operations == Budget.mostOperations)
  }

  @Test func `what stands before the sections holds for each, unless its own says otherwise`() throws {
    let settings = try LabSettings(
      parsing: "windows = 9 # few\r\nsteps = 5\n\n[rung 1]\nwall_seconds = 0.1\n[ rung 2 ]\nsteps=7\nthreads = 2\n")
    #expect(try settings.rung(1).windows == 9 && settings.rung(2).windows == 9)
    #expect(try settings.rung(1).budget == Budget(steps: 5, wallSeconds: 0.1))
    #expect(try settings.rung(2).budget == Budget(steps: 7))
    #expect(try settings.rung(2).threads == 2 && settings.rung(1).threads == 1)
    let error = #expect(throws: LabError.self) { try settings.rung(3) }
    #expect(error?.message.contains("no `[rung 3]`") == true)
  }

  @Test func `a file without sections has one rung`() throws {
    let settings = try LabSettings(parsing: "# nothing\n\n operations = 3e9 # short\noptimise = true")
    #expect(try settings.rung(1).budget.operations == 3_000_000_000)
    #expect(try settings.rung(1).optimises)
    #expect(throws: LabError.self) { try settings.rung(2) }
  }

  @Test(arguments: [
    ("steps = 1\ncontext", "line 2 is not `name = value`"), ("colour = 3", "`colour`"), ("context = many", "`many`"),
    ("\n\nwindows = 1e999", "line 3: `1e999`"), ("context = -4", "`-4`"), ("operations = nan", "`nan`"),
    ("steps = 1.5", "`1.5`"), ("operations = 9.3e18", "`9.3e18`"), ("= 3", "line 1 is not `name = value`"),
    ("[rung 4]", "line 1: `[rung 4]`"), ("[rung]", "`[rung]`"), ("[rung 1", "`[rung 1`"),
    ("[rung 1]\nsteps = 1\n[rung 1]", "line 3 begins `[rung 1]` again"),
    ("steps = 1\nsteps = 2", "line 2 sets `steps` again"), ("optimise = yes", "`yes` is neither"),
    ("wall_seconds = 1e-9", "`1e-9`"), ("wall_seconds = inf", "`inf`"), ("windows = 5", "has no budget"),
    ("wall_seconds = 200", "is stopped after `120`"), ("", "has no budget"),
  ]) func `a wrong setting is named with its line`(text: String, part: String) {
    let error = #expect(throws: LabError.self) { try LabSettings(parsing: text) }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    #expect(error?.code == .cannotRun)
  }
}
