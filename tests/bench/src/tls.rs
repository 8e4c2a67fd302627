//! TLS as AWS's endpoints speak it: a certificate for `localhost`, from an authority that only the measured program trusts.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context as _, Result};
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
    server::TlsStream,
};

/// Where systems keep the roots they trust: Amazon Linux, Debian, Alpine.
const ROOTS: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];

/// A port that accepts TLS connections only.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    accepted: Arc<AtomicUsize>,
}

impl TlsListener {
    /// Listens on a free port. `authority` becomes the file of our own root, and `roots` that of all trusted ones: the
    /// system's, since parsing them is a part of what a function costs, and our own.
    pub(crate) async fn bind(authority: &Path, roots: &Path) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a certificate for self-signed when its issuer has its name.
        params.distinguished_name.push(DnType::CommonName, "The authority of bench");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        fs::write(authority, issuer.pem())?;
        fs::write(roots, system_roots()? + &issuer.pem())?;

        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &issuer)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))?;
        let tcp = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self { tcp, acceptor: Arc::new(config).into(), accepted: Arc::default() })
    }

    /// How many connections were made so far, whatever became of them; it goes on counting.
    pub(crate) fn accepted(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.accepted)
    }
}

fn system_roots() -> Result<String> {
    let found = ROOTS.iter().find_map(|path| fs::read_to_string(path).ok());
    found.with_context(|| format!("this system has none of {}; install its CA certificates", ROOTS.join(", ")))
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.tcp).await;
            self.accepted.fetch_add(1, Ordering::Relaxed);
            match self.acceptor.accept(stream).await {
                Ok(stream) => return (stream, peer),
                Err(error) => eprintln!("bench: a TLS handshake failed: {error}"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
