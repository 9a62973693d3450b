# SPDX-License-Identifier: LGPL-2.1-or-later
"""What SPDX 2.3 asks of a document in JSON: needed members, forms of identifiers, places, checksums and expressions, and that whatever
is referred to is there."""
import re

ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
PLACE = re.compile(r"NOASSERTION|NONE|(git|hg|svn|bzr)\+https?://[^\s@]+(@[^\s#]+)?(#.+)?|(https?|ftp|sftp)://[^\s]+")
PURL = re.compile(r"pkg:[a-z.+-]+/[a-z0-9]+/[A-Za-z0-9.%~_-]+(@[A-Za-z0-9.%~_-]+)?(\?[a-z]+=[A-Za-z0-9._-]+(&[a-z]+=[A-Za-z0-9._-]+)*)?")
SUMS = {"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA512": 128}
PURPOSES = {"APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING-SYSTEM", "DEVICE", "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL",
            "OTHER"}
RELATIONS = {"DESCRIBES", "CONTAINS", "GENERATED_FROM", "RUNTIME_DEPENDENCY_OF", "BUILD_TOOL_OF"}
# No licence has such a name; the old ones of the GNU licences still are valid.
TERM = re.compile(r"(LicenseRef-[A-Za-z0-9.-]+|[A-Za-z0-9][A-Za-z0-9.-]*\+?)( WITH [A-Za-z0-9.-]+)?")


def expression_is_valid(text, references):
    if text in ("NOASSERTION", "NONE"):
        return True
    while "(" in text:
        inner = re.search(r"\(([^()]*)\)", text)
        if not inner or not expression_is_valid(inner.group(1), references):
            return False
        text = text[:inner.start()] + "MIT" + text[inner.end():]
    for term in re.split(r" (?:AND|OR) ", text):
        if not TERM.fullmatch(term) or (term.startswith("LicenseRef-") and term not in references):
            return False
    return True


def _package(package, references):
    name = package.get("SPDXID", "?")
    for key in ("SPDXID", "name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"):
        if not isinstance(package.get(key), str) or not package[key]:
            yield f"{name}: no {key}"
    if not ID.fullmatch(name):
        yield f"{name}: not an identifier"
    if not PLACE.fullmatch(package.get("downloadLocation", "")):
        yield f"{name}: downloadLocation {package['downloadLocation']}"
    for key in ("licenseConcluded", "licenseDeclared"):
        if not expression_is_valid(package.get(key, ""), references):
            yield f"{name}: {key} {package[key]}"
    if package.get("filesAnalyzed") is not False:
        yield f"{name}: no files are listed, so filesAnalyzed must be false"
    if "primaryPackagePurpose" in package and package["primaryPackagePurpose"] not in PURPOSES:
        yield f"{name}: purpose {package['primaryPackagePurpose']}"
    for key in ("versionInfo", "licenseComments"):
        if key in package and (not isinstance(package[key], str) or not package[key]):
            yield f"{name}: {key} {package[key]}"
    for one in package.get("checksums", []):
        if not re.fullmatch("[0-9a-f]{%d}" % SUMS.get(one["algorithm"], 0), one["checksumValue"]):
            yield f"{name}: checksum {one}"
    for one in package.get("externalRefs", []):
        if one["referenceCategory"] != "PACKAGE-MANAGER" or one["referenceType"] != "purl" or not PURL.fullmatch(one["referenceLocator"]):
            yield f"{name}: external reference {one}"


def problems(document):
    """A list of sentences; empty when it is valid."""
    found = [f"{key} is {document.get(key)}" for key, value in (("spdxVersion", "SPDX-2.3"), ("dataLicense", "CC0-1.0"),
                                                                ("SPDXID", "SPDXRef-DOCUMENT")) if document.get(key) != value]
    if not document.get("name") or not re.fullmatch(r"https://[^\s#]+", document.get("documentNamespace", "")):
        found.append("name or documentNamespace")
    created = document.get("creationInfo", {})
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created.get("created", "")):
        found.append("creationInfo.created")
    if not created.get("creators") or not all(re.match(r"(Tool|Person|Organization): \S", one) for one in created["creators"]):
        found.append("creationInfo.creators")
    texts = document.get("hasExtractedLicensingInfos", [])
    references = [one["licenseId"] for one in texts]
    found += [f"licence {one['licenseId']}" for one in texts
              if not re.fullmatch("LicenseRef-[A-Za-z0-9.-]+", one["licenseId"]) or not one["extractedText"] or not one["name"]]
    ids = [package.get("SPDXID") for package in document["packages"]] + ["SPDXRef-DOCUMENT"]
    if len(set(ids)) != len(ids) or len(set(references)) != len(references):
        found.append("an identifier is there twice")
    for package in document["packages"]:
        found += _package(package, references)
    for one in document["relationships"]:
        if one["spdxElementId"] not in ids or one["relatedSpdxElement"] not in ids or one["relationshipType"] not in RELATIONS:
            found.append(f"relationship {one}")
    if not any(one["relationshipType"] == "DESCRIBES" and one["spdxElementId"] == "SPDXRef-DOCUMENT" for one in document["relationships"]):
        found.append("it describes nothing")
    return found
