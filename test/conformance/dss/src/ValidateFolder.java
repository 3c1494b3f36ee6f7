import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignatureScopeType;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.simplereport.jaxb.XmlSignatureScope;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Validates the documents that a folder's {@code expected.tsv} lists (file, tab, {@code TOTAL_PASSED} or a
 * sub-indication, tab, what it is), with {@code ca.crt} as the only trust anchor, {@code ca.crl} as the only revocation data, DSS's own
 * validation policy and no network. Prints a line for each and ends with {@code dss: N passed, N failed}.
 */
public final class ValidateFolder {
  private final Path folder;
  private final CommonCertificateVerifier verifier;

  private ValidateFolder(Path folder) throws IOException {
    this.folder = folder;
    CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
    anchors.addCertificate(DSSUtils.loadCertificate(folder.resolve("ca.crt").toFile()));
    verifier = new CommonCertificateVerifier();
    verifier.setTrustedCertSources(anchors);
    verifier.setCrlSource(new ExternalResourcesCRLSource(Files.newInputStream(folder.resolve("ca.crl"))));
    // The default would follow the addresses that certificates name.
    verifier.setAIASource(null);
  }

  public static void main(String[] arguments) throws IOException {
    ValidateFolder all = new ValidateFolder(Path.of(arguments[0]));
    List<String> lines = Files.readAllLines(Path.of(arguments[0], "expected.tsv"));
    long passed = lines.stream().filter(line -> all.holds(line.split("\t"))).count();
    System.out.printf("dss: %d passed, %d failed%n", passed, lines.size() - passed);
    if (lines.isEmpty() || passed < lines.size()) System.exit(1);
  }

  private boolean holds(String[] line) {
    SimpleReport report = validate(line[0]);
    boolean one = report.getSignaturesCount() == 1;
    String id = one ? report.getFirstSignatureId() : null;
    Indication indication = one ? report.getIndication(id) : null;
    SignatureLevel level = one ? report.getSignatureFormat(id) : null;
    SignatureScopeType scope = one ? scopeOf(report, id) : null;
    boolean baseline = level == SignatureLevel.XAdES_BASELINE_B;
    boolean valid = indication == Indication.TOTAL_PASSED && scope == SignatureScopeType.FULL && baseline;
    Object why = one && report.getSubIndication(id) != null ? report.getSubIndication(id) : "";
    boolean good = line[1].equals("TOTAL_PASSED") ? valid : line[1].equals(why.toString());
    System.out.printf(
        "%-6s %-42s %-13s %-18s %-5s %s%n", good ? "ok" : "FAILED", line[2], indication, level, scope, why);
    if (!good && one) {
      report.getAdESValidationErrors(id).forEach(error -> System.out.println("         " + error.getValue()));
    }
    return good;
  }

  private SimpleReport validate(String file) {
    SignedDocumentValidator validator =
        SignedDocumentValidator.fromDocument(new FileDocument(folder.resolve(file).toFile()));
    validator.setCertificateVerifier(verifier);
    Reports reports = validator.validateDocument();
    return reports.getSimpleReport();
  }

  /** Of a container, that of all files: every one of them in full, or none. */
  private static SignatureScopeType scopeOf(SimpleReport report, String id) {
    List<XmlSignatureScope> scopes = report.getSignatureScopes(id);
    boolean container = report.getContainerType() == ASiCContainerType.ASiC_E;
    boolean full = scopes.stream().allMatch(scope -> scope.getScope() == SignatureScopeType.FULL);
    if (container) return full && scopes.size() > 1 ? SignatureScopeType.FULL : null;
    return scopes.size() == 1 ? scopes.get(0).getScope() : null;
  }
}
