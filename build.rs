//! Builds the binary again when something that it carries has changed: the stores' migrations, the web page.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=frontend/dist");
}
