import PawlCore
import Testing

@testable import PawlDrift

@Suite struct FidelityLedgerTests {
  private func ledger(floor: Double = 0.8) throws -> FidelityLedger {
    var ledger = try FidelityLedger(baseline: 100, floor: floor)
    ledger.record(.init(generation: 1, asked: 100, kept: 98, standing: 98))
    ledger.record(.init(generation: 2, asked: 98, kept: 95, standing: 95))
    return ledger
  }

  @Test func `99.9 % kept a generation is 95.1 % after 50 and 60.6 % after 500`() {
    #expect(abs(FidelityLedger.left(after: 50, keeping: 0.999) - 0.951206) < 1e-6)
    #expect(abs(FidelityLedger.left(after: 500, keeping: 0.999) - 0.606379) < 1e-6)
  }

  @Test func `a ledger of many generations says what the reference says`() throws {
    var ledger = try FidelityLedger(baseline: 1_000_000, floor: 0.5)
    for generation in 1...50 {
      ledger.record(.init(generation: generation, asked: 1_000, kept: 999, standing: 951_206))
    }
    let product = try #require(ledger.product)
    #expect(abs(product.value - 0.951206) < 1e-6)
    #expect(product.low < 0.951 && product.high > 0.952)
    let forecast = try #require(ledger.forecast)
    #expect(forecast.generations == 642)
  }

  @Test func `the product and its interval match those computed from SciPy's beta quantiles`() throws {
    let product = try #require(try ledger().product)
    #expect(abs(product.value - 0.95) < 1e-12)
    #expect(abs(product.low - 0.8771838483000438) < 1e-9)
    #expect(abs(product.high - 0.9793597159582298) < 1e-9)
  }

  @Test func `where the model stands has an exact interval of its own`() throws {
    let standing = try #require(try ledger().standing)
    #expect(standing.value == 0.95)
    #expect(abs(standing.low - 0.8871650888945373) < 1e-9)
    #expect(abs(standing.high - 0.9835681208179479) < 1e-9)
  }

  @Test func `the forecast is made at the pooled rate and at the ends of its interval`() throws {
    let forecast = try #require(try ledger().forecast)
    #expect(forecast.generations == 6)
    #expect(forecast.fewest == 2)
    #expect(forecast.most == 20)
  }

  @Test func `where nothing was lost there is no end in sight, and one at the worst`() throws {
    var ledger = try FidelityLedger(baseline: 100, floor: 0.95)
    ledger.record(.init(generation: 1, asked: 100, kept: 100, standing: 100))
    let forecast = try #require(ledger.forecast)
    #expect(forecast.generations == nil && forecast.most == nil)
    #expect(forecast.fewest == 1)
    #expect(!ledger.isBelowFloor)
  }

  @Test func `below the floor a person must look, and no generation is left`() throws {
    let ledger = try ledger(floor: 0.96)
    #expect(ledger.isBelowFloor)
    #expect(ledger.forecast?.generations == 0)
    #expect(ledger.shortage == nil)
  }

  @Test func `a canary that came back counts for where the model stands but not for the product`() throws {
    let entry = FidelityLedger.entry(
      generation: 2, baseline: ["a", "b", "c", "d"], before: ["a", "b"], now: ["a", "c", "x"])
    #expect(entry == .init(generation: 2, asked: 2, kept: 1, standing: 2))
  }

  @Test(arguments: [(1, 72), (0.97, 461), (0.999, 75), (0.951, 182_614)])
  func `so many canaries tell a share from a floor of 95 %, as SciPy has it`(share: Double, needed: Int) {
    #expect(FidelityLedger.canariesNeeded(share: share, floor: 0.95) == needed)
  }

  @Test func `fewer canaries than the interval can use are told, with how many are needed`() throws {
    let few = try FidelityLedger(baseline: 40, floor: 0.95)
    #expect(
      few.shortage
        == "`40` canaries cannot tell the share kept now, `100.0 %`, from the floor of `95.0 %`: `72` would")
    #expect(try FidelityLedger(baseline: 72, floor: 0.95).shortage == nil)
    #expect(FidelityLedger.canariesNeeded(share: 0.9, floor: 0.95) == nil)
  }

  @Test func `a generation that is recorded again takes the place of its first entry`() throws {
    var ledger = try ledger()
    ledger.record(.init(generation: 1, asked: 100, kept: 99, standing: 99))
    #expect(ledger.entries.map(\.generation) == [1, 2])
    #expect(ledger.entries.first?.kept == 99)
  }

  @Test func `counts of any size are reckoned with`() throws {
    var ledger = try FidelityLedger(baseline: .max, floor: 0.5)
    for generation in 1...3 { ledger.record(.init(generation: generation, asked: .max, kept: .max, standing: .max)) }
    #expect(ledger.forecast?.rate.value == 1 && ledger.product?.value == 1 && ledger.standing?.value == 1)
  }

  @Test func `counts and settings that cannot be are refused or cut`() throws {
    #expect(throws: DriftError.self) { try FidelityLedger(baseline: 0, floor: 0.9) }
    #expect(throws: DriftError.self) { try FidelityLedger(baseline: 10, floor: 1) }
    #expect(throws: DriftError.self) { try FidelityLedger(baseline: 10, floor: 0.5, confidence: .nan) }
    let entry = FidelityLedger.Entry(generation: 1, asked: -3, kept: 5, standing: -1)
    #expect(entry.asked == 0 && entry.kept == 0 && entry.standing == 0)
  }
}
