import PawlStatistics
import Testing

@Suite struct DistributionTests {
  @Test(arguments: References.normal) func `the normal distribution matches SciPy`(row: [Double]) {
    #expect(agree(Normal.density(row[0]), row[1], 1e-12))
    #expect(agree(Normal.cumulative(row[0]), row[2], 1e-12))
    #expect(agree(Normal.logCumulative(row[0]), row[3], 1e-12))
  }

  @Test(arguments: References.normalQuantile) func `normal quantiles match SciPy`(row: [Double]) {
    #expect(abs(Normal.quantile(row[0]) - row[1]) <= 1e-10 * max(1, abs(row[1])))
  }

  @Test(arguments: References.student) func `the Student distribution matches SciPy`(row: [Double]) {
    let student = StudentT(degreesOfFreedom: row[0])
    #expect(agree(student.density(row[1]), row[2], 1e-11))
    #expect(agree(student.cumulative(row[1]), row[3], 1e-10))
  }

  @Test(arguments: References.studentQuantile) func `Student quantiles match SciPy`(row: [Double]) {
    let quantile = StudentT(degreesOfFreedom: row[0]).quantile(row[1])
    #expect(abs(quantile - row[2]) <= 1e-10 * max(1, abs(row[2])))
  }

  @Test(arguments: References.logGamma) func `log gamma matches SciPy`(row: [Double]) {
    #expect(abs(Special.logGamma(row[0]) - row[1]) <= 1e-12 * max(1, abs(row[1])))
  }

  @Test(arguments: References.incompleteBeta) func `the incomplete beta function matches SciPy`(row: [Double]) {
    #expect(agree(Special.incompleteBeta(row[0], row[1], row[2]), row[3], 1e-10))
  }

  @Test func `quantiles at the ends are infinite, beyond them NaN`() {
    #expect(Normal.quantile(0) == -.infinity)
    #expect(Normal.quantile(1) == .infinity)
    #expect(Normal.quantile(1.1).isNaN)
    #expect(StudentT(degreesOfFreedom: 3).quantile(1) == .infinity)
    #expect(StudentT(degreesOfFreedom: -3).quantile(0.4).isNaN)
  }
}
