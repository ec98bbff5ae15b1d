//! The names of imports and exports.

/// `namespace:package/interface@version`, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InterfaceName<'a> {
    pub(super) package: &'a str,
    pub(super) interface: &'a str,
    pub(super) version: Option<&'a str>,
}

impl<'a> InterfaceName<'a> {
    /// None if it is the name of something else.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        let (package, interface) = path.split_once('/')?;
        package.contains(':').then_some(Self { package, interface, version })
    }

    /// Whether it is this interface, in whatever version.
    pub(super) fn is(&self, package: &str, interface: &str) -> bool {
        (self.package, self.interface) == (package, interface)
    }

    /// The name without the version.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.package, self.interface)
    }
}
