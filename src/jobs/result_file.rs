//! The file that a job makes, kept in the store part by part, so that neither side ever holds all of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{handler::JobError, running::Running};

/// The bytes of a part. Small, since each connection to the store that has carried one keeps buffers of its size.
pub const PART: usize = 64 * 1024;
/// The most bytes of a file; a job that makes more fails.
pub const FILE_MAX: u64 = 1024 * 1024 * 1024;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileInfo {
    /// Its name, for who saves it.
    pub name: String,
    /// Its media type.
    pub media_type: String,
}

/// A file that has been made: what [`ResultFile::finish`] says of it in the job's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMade {
    /// What it is.
    #[serde(flatten)]
    pub info: FileInfo,
    /// Its size.
    pub bytes: u64,
}

impl FileMade {
    /// The file that a job's result speaks of, if it does.
    pub fn of(result: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Result {
            file: FileMade,
        }
        let result: Result = serde_json::from_str(result).ok()?;
        Some(result.file)
    }
}

/// A file that is being made.
pub struct ResultFile<'a> {
    job: &'a Running,
    info: FileInfo,
    part: Vec<u8>,
    parts: i32,
    bytes: u64,
}

impl<'a> ResultFile<'a> {
    pub(super) fn begin(job: &'a Running, info: FileInfo) -> Self {
        Self {
            job,
            info,
            part: Vec::new(),
            parts: 0,
            bytes: 0,
        }
    }

    /// Adds bytes; every 64 KiB are kept. Ends the job when it is to be cancelled, or when its hold is lost.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), JobError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > FILE_MAX {
            return Err(JobError::Hopeless(format!(
                "Its result is larger than {} MiB.",
                FILE_MAX / 1024 / 1024
            )));
        }
        self.part.extend_from_slice(bytes);
        while self.part.len() >= PART {
            let rest = self.part.split_off(PART);
            self.keep().await?;
            self.part = rest;
        }
        Ok(())
    }

    /// Keeps the rest. The answer is for the handler to give as its job's result: `{ "file": { "name", "mediaType", "bytes" } }`.
    pub async fn finish(mut self) -> Result<Value, JobError> {
        if !self.part.is_empty() || self.parts == 0 {
            self.keep().await?;
        }
        let made = FileMade {
            info: self.info,
            bytes: self.bytes,
        };
        Ok(json!({ "file": made }))
    }

    async fn keep(&mut self) -> Result<(), JobError> {
        self.job.go_on()?;
        let (run, store) = (self.job.run(), self.job.store());
        if !store.add_result_part(run, self.parts, &self.part).await? {
            return Err(JobError::Lost);
        }
        self.parts += 1;
        self.part.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_file_is_understood() {
        let made = FileMade {
            info: FileInfo {
                name: "a.csv".into(),
                media_type: "text/csv".into(),
            },
            bytes: 7,
        };
        let result = json!({ "file": made }).to_string();
        assert_eq!(
            result,
            r#"{"file":{"bytes":7,"mediaType":"text/csv","name":"a.csv"}}"#
        );
        assert_eq!(FileMade::of(&result), Some(made));
        for other in ["null", "{}", r#"{"file":"a.csv"}"#, "[1]"] {
            assert_eq!(FileMade::of(other), None, "{other}");
        }
    }
}
