//! Builds the binary again when the web page that it carries has been built again.

fn main() {
    println!("cargo:rerun-if-changed=frontend/dist");
}
