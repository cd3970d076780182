use std::fmt;

/// A connection URI that a test varies: `server.uri().user("nobody").param("sslmode", "require")`.
///
/// It starts as the good one: `app`, its password, `shop`, `sslmode=verify-full` and the root
/// certificate that vouches for the server.
#[derive(Clone)]
pub struct Uri {
    user: String,
    password: Option<String>,
    host: String,
    port: u16,
    dbname: String,
    params: Vec<(String, String)>,
}

impl Uri {
    pub fn to(host: &str, port: u16) -> Self {
        Self {
            user: "app".into(),
            password: Some(super::PASSWORD.into()),
            host: host.into(),
            port,
            dbname: "shop".into(),
            params: Vec::new(),
        }
    }

    pub fn user(mut self, user: &str) -> Self {
        self.user = user.into();
        self
    }

    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self
    }

    pub fn no_password(mut self) -> Self {
        self.password = None;
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    /// Goes through something else in front of the same server, a proxy for instance.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    pub fn dbname(mut self, dbname: &str) -> Self {
        self.dbname = dbname.into();
        self
    }

    /// Sets a connection parameter, replacing the value it had.
    pub fn param(self, key: &str, value: &str) -> Self {
        let mut uri = self.without(key);
        uri.params.push((key.into(), value.into()));
        uri
    }

    pub fn without(mut self, key: &str) -> Self {
        self.params.retain(|(name, _)| name != key);
        self
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgresql://{}", encoded(&self.user))?;
        if let Some(password) = &self.password {
            write!(f, ":{}", encoded(password))?;
        }
        write!(f, "@{}:{}/{}", self.host, self.port, encoded(&self.dbname))?;
        for (index, (key, value)) in self.params.iter().enumerate() {
            let separator = if index == 0 { '?' } else { '&' };
            write!(f, "{separator}{key}={}", encoded(value))?;
        }
        Ok(())
    }
}

fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if keep(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
