// What the port uses of a module of the SDK for which there are no types.

declare module "x509" {
	const X509: { decodeSPKI(certificate: Uint8Array): { readonly pub: unknown; readonly curve: unknown } };
	export default X509;
}
