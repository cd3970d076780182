//! Hosting providers, known by the names of their hosts: whose root certificate their
//! servers present, where they publish it, and how their "TLS only" setting is called.
//!
//! Every entry rests on a page of the provider, named in it, as it stood in November 2026;
//! what no page says is left out. `docs/providers.md` is made from this table.

/// One provider.
#[derive(Debug)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// How its host names end, each with its leading dot.
    pub suffixes: &'static [&'static str],
    /// Who signs its servers' certificates.
    pub roots: ProviderRoots,
    /// How it makes its servers refuse plaintext, in words that follow "to refuse
    /// plaintext: ", where a page says so.
    pub force_tls: Option<&'static str>,
    /// The page that says so.
    pub page: &'static str,
}

/// Who signs a provider's server certificates.
#[derive(Debug)]
pub enum ProviderRoots {
    /// A public authority: `sslrootcert=system` suits.
    Public,
    /// Its own authority; where to get its certificate.
    Own(&'static str),
    /// Nobody: `verify-full` cannot work; why.
    Nobody(&'static str),
}

impl Provider {
    /// What to do about the root certificate.
    pub fn root_help(&self) -> String {
        let name = self.name;
        match self.roots {
            ProviderRoots::Public => format!(
                "{name} uses public authorities: sslmode=verify-full&sslrootcert=system suits \
                 ({})",
                self.page
            ),
            ProviderRoots::Own(place) => format!(
                "{name} signs with its own authority: {place}, and name the file with \
                 sslrootcert ({})",
                self.page
            ),
            ProviderRoots::Nobody(why) => format!("{name}: {why} ({})", self.page),
        }
    }

    /// How to make the server refuse plaintext.
    pub fn force_tls_help(&self) -> Option<String> {
        let how = self.force_tls?;
        Some(format!("on {}, {how} ({})", self.name, self.page))
    }
}

/// The provider that a host belongs to, by the longest suffix that fits.
pub fn provider_of(host: &str) -> Option<&'static Provider> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let fits = |provider: &&Provider| longest_fit(provider, &host) > 0;
    PROVIDERS
        .iter()
        .filter(fits)
        .max_by_key(|provider| longest_fit(provider, &host))
}

fn longest_fit(provider: &Provider, host: &str) -> usize {
    let fitting = (provider.suffixes.iter()).filter(|suffix| host.ends_with(**suffix));
    fitting.map(|suffix| suffix.len()).max().unwrap_or(0)
}

/// All providers, by name.
pub static PROVIDERS: [Provider; 15] = [
    Provider {
        name: "Aiven",
        suffixes: &[".aivencloud.com"],
        roots: ProviderRoots::Own(
            "download the project's CA certificate from the service's overview page",
        ),
        force_tls: None,
        page: "https://aiven.io/docs/platform/concepts/tls-ssl-certificates",
    },
    Provider {
        name: "Amazon RDS and Aurora",
        suffixes: &[".rds.amazonaws.com"],
        roots: ProviderRoots::Own(
            "download the certificate bundle global-bundle.pem of Amazon RDS",
        ),
        force_tls: Some("set rds.force_ssl to 1 in the parameter group"),
        page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html",
    },
    Provider {
        name: "Azure Database for PostgreSQL",
        suffixes: &[".postgres.database.azure.com"],
        roots: ProviderRoots::Public,
        force_tls: Some("set the server parameter require_secure_transport to ON"),
        page: "https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-networking-ssl-tls",
    },
    Provider {
        name: "CockroachDB Cloud",
        suffixes: &[".cockroachlabs.cloud"],
        roots: ProviderRoots::Own("download the cluster's CA certificate from the Cloud Console"),
        force_tls: None,
        page: "https://www.cockroachlabs.com/docs/cockroachcloud/authentication",
    },
    Provider {
        name: "Crunchy Bridge",
        suffixes: &[".db.postgresbridge.com"],
        roots: ProviderRoots::Own(
            "get the team's certificate from the API (GET /teams/{team_id}.pem)",
        ),
        force_tls: None,
        page: "https://docs.crunchybridge.com/api/certificate",
    },
    Provider {
        name: "DigitalOcean Managed Databases",
        suffixes: &[".db.ondigitalocean.com"],
        roots: ProviderRoots::Own(
            "get the cluster's CA certificate from the API (GET /v2/databases/{id}/ca)",
        ),
        force_tls: None,
        page: "https://docs.digitalocean.com/reference/pydo/reference/databases/get_ca/",
    },
    Provider {
        name: "Google Cloud SQL",
        suffixes: &[".sql.goog"],
        roots: ProviderRoots::Own("download the instance's server CA certificate, server-ca.pem"),
        force_tls: Some(
            "set the instance's SSL mode to allow only connections encrypted with SSL/TLS \
             (ENCRYPTED_ONLY)",
        ),
        page: "https://cloud.google.com/sql/docs/postgres/configure-ssl-instance",
    },
    Provider {
        name: "Neon",
        suffixes: &[".neon.tech"],
        roots: ProviderRoots::Public,
        force_tls: None,
        page: "https://neon.com/docs/connect/connect-securely",
    },
    Provider {
        name: "PlanetScale",
        suffixes: &[".psdb.cloud"],
        roots: ProviderRoots::Public,
        force_tls: None,
        page: "https://planetscale.com/docs/postgres/connecting",
    },
    Provider {
        name: "Railway",
        suffixes: &[".rlwy.net", ".railway.internal"],
        roots: ProviderRoots::Nobody(
            "each database makes a certificate for \"localhost\" itself, so that verify-full \
             cannot succeed",
        ),
        force_tls: None,
        page: "https://github.com/railwayapp-templates/postgres-ssl",
    },
    Provider {
        name: "Scalingo (osc-fr1)",
        suffixes: &[".osc-fr1.scalingo-dbs.com"],
        roots: ProviderRoots::Own(
            "download the region's CA from https://db-api.osc-fr1.scalingo.com/api/ca_certificate",
        ),
        force_tls: Some("switch on \"Force TLS connections\" in the database's dashboard"),
        page: "https://doc.scalingo.com/databases/postgresql/shared-resources/connecting",
    },
    Provider {
        name: "Scalingo (osc-secnum-fr1)",
        suffixes: &[".osc-secnum-fr1.scalingo-dbs.com"],
        roots: ProviderRoots::Own(
            "download the region's CA from https://db-api.osc-secnum-fr1.scalingo.com/api/ca_certificate",
        ),
        force_tls: Some("switch on \"Force TLS connections\" in the database's dashboard"),
        page: "https://doc.scalingo.com/databases/postgresql/shared-resources/connecting",
    },
    Provider {
        name: "Supabase",
        suffixes: &[".supabase.co", ".supabase.com"],
        roots: ProviderRoots::Own(
            "download the certificate under \"SSL Configuration\" in the database settings",
        ),
        force_tls: Some(
            "switch on \"Enforce SSL on incoming connections\" in the database settings",
        ),
        page: "https://supabase.com/docs/guides/platform/ssl-enforcement",
    },
    Provider {
        name: "Timescale",
        suffixes: &[".tsdb.cloud.timescale.com"],
        roots: ProviderRoots::Public,
        force_tls: None,
        page: "https://docs.timescale.com/use-timescale/latest/security/strict-ssl/",
    },
    Provider {
        name: "YugabyteDB Aeon",
        suffixes: &[".ybdb.io", ".yugabyte.cloud"],
        roots: ProviderRoots::Own("download the cluster's root.crt (Connect, Download CA Cert)"),
        force_tls: None,
        page: "https://docs.yugabyte.com/preview/yugabyte-cloud/cloud-secure-clusters/cloud-authentication/",
    },
];

/// `docs/providers.md`.
pub fn page() -> String {
    let mut text = "\
# Hosting providers

What pgcheck knows about hosting providers, by the names of their hosts: who signs their
servers' certificates, and how their servers are made to refuse plaintext. Each row rests on
the page it names, as it stood in November 2026. The table is `src/check/providers.rs`; this
file is made from it (`UPDATE_DOCS=1 cargo test`).

| provider | hosts | root certificate | to refuse plaintext | source |
| --- | --- | --- | --- | --- |
"
    .to_owned();
    for provider in &PROVIDERS {
        let hosts: Vec<String> = (provider.suffixes.iter())
            .map(|suffix| format!("`*{suffix}`"))
            .collect();
        let roots = match provider.roots {
            ProviderRoots::Public => "public authorities: `sslrootcert=system`",
            ProviderRoots::Own(place) => place,
            ProviderRoots::Nobody(why) => why,
        };
        text.push_str(&format!(
            "| {} | {} | {roots} | {} | <{}> |\n",
            provider.name,
            hosts.join(", "),
            provider.force_tls.unwrap_or_default(),
            provider.page,
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_told_from_another() {
        let provider = provider_of("shop-42.postgresql.a.osc-secnum-fr1.scalingo-dbs.com.");
        let help = provider.expect("Scalingo").root_help();
        assert!(help.contains("db-api.osc-secnum-fr1"), "{help}");
    }

    #[test]
    fn a_suffix_is_a_whole_label() {
        assert!(provider_of("evil-neon.tech").is_none());
        assert!(provider_of("ep-1.eu-central-1.aws.NEON.tech").is_some());
    }
}
