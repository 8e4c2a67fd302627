use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::*;

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn git(directory: &Path, args: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(args)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(status.status.success(), "{args:?}: {}", String::from_utf8_lossy(&status.stderr));
}

struct World {
    directory: TempDir,
    store: Store,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(&directory.path().join("state"));
        Self { directory, store }
    }

    fn source(&self) -> PathBuf {
        let source = self.directory.path().join("service");
        fs::create_dir_all(&source).unwrap();
        source
    }

    async fn push(&self, from: &Path) -> Commit {
        self.store.push(from.to_str().unwrap(), "service", "main").await.unwrap()
    }

    async fn files(&self, commit: &Commit) -> String {
        let zip = self.store.archive("service", &commit.id).await.unwrap();
        let to = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        let mut on_file = |path: &Path, content: &[u8], _: &File| {
            files.push(format!("{}={}", path.display(), String::from_utf8_lossy(content)));
            Ok(())
        };
        crate::actions::archive::Archive::new(&zip).unwrap().extract(to.path(), &mut on_file).unwrap();
        files.sort();
        files.join(" ")
    }
}

#[tokio::test]
async fn a_plain_folder_becomes_a_commit_without_what_it_ignores() {
    let world = World::new();
    let source = world.source();
    for (name, content) in [("a.txt", "1"), ("b/c d.txt", "2"), ("target/x", "3"), (".gitignore", "target")] {
        write(&source, name, content);
    }
    let commit = world.push(&source).await;
    assert_eq!(world.files(&commit).await, ".gitignore=target a.txt=1 b/c d.txt=2");
    assert_eq!(commit.message, "Snapshot of service");
    assert_eq!(world.store.head("service", "main").await.unwrap(), commit);
}

#[tokio::test]
async fn the_same_content_is_the_same_commit_and_a_change_follows_it() {
    let world = World::new();
    let source = world.source();
    write(&source, "a", "1");
    let first = world.push(&source).await;
    write(&source, "a", "1");
    assert_eq!(world.push(&source).await.id, first.id);
    fs::remove_file(source.join("a")).unwrap();
    write(&source, "b", "2");
    let second = world.push(&source).await;
    assert_ne!(second.id, first.id);
    assert_eq!(world.files(&second).await, "b=2");
    let parent = Git::new(world.store.path("service").unwrap()).line(&["rev-parse", "main^"]).await.unwrap();
    assert_eq!(parent, first.id);
}

#[tokio::test]
async fn a_folder_inside_a_bigger_repository_is_taken_alone_as_it_stands() {
    let world = World::new();
    let source = world.source();
    let outer = world.directory.path();
    git(outer, &["init", "-q"]);
    for (name, content) in [(".gitignore", "*.pyc\nstate"), ("service/a", "1"), ("service/gone", "1"), ("other/b", "2")]
    {
        write(outer, name, content);
    }
    git(outer, &["add", "-A"]);
    git(outer, &["commit", "-qm", "one"]);
    write(&source, "a", "changed");
    write(&source, "new", "3");
    write(&source, "x.pyc", "ignored by the outer repository");
    fs::remove_file(source.join("gone")).unwrap();
    let commit = world.push(&source).await;
    assert_eq!(world.files(&commit).await, "a=changed new=3");
}

#[tokio::test]
async fn a_snapshot_is_by_whoever_git_knows_in_the_folder_and_else_by_nobody_in_particular() {
    let world = World::new();
    let source = world.source();
    git(&source, &["init", "--quiet"]);
    let named = [("Bo", "bo@example.com"), ("", "bo@example.com"), ("Bo", "bo"), ("Bo", "<bo@example.com>")];
    for (index, (name, email)) in named.into_iter().enumerate() {
        git(&source, &["config", "user.name", name]);
        git(&source, &["config", "user.email", email]);
        write(&source, "file.txt", &index.to_string());
        let commit = world.push(&source).await;
        let expected = if index == 0 { ("Bo", "bo@example.com") } else { NEUTRAL };
        for by in [&commit.author, &commit.committer] {
            assert_eq!((&*by.name, &*by.email), expected, "{name} {email}");
        }
        let (name, email) = committer(&source).await;
        assert_eq!((&*name, &*email), expected);
    }
}

#[tokio::test]
async fn a_relative_path_means_the_same_directory() {
    let world = World::new();
    // Tests run in the directory of their crate.
    let commit = world.push(Path::new("src/repository")).await;
    let files = world.files(&commit).await;
    assert!(files.starts_with("commit.rs=") && files.contains(" tests.rs="), "{files}");
}

#[tokio::test]
async fn a_bare_repository_and_a_url_give_their_own_commits() {
    let world = World::new();
    let work = world.source();
    git(&work, &["init", "-q", "-b", "trunk"]);
    write(&work, "a", "1");
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-qm", "the message\n\nand more"]);
    let bare = world.directory.path().join("bare.git");
    git(world.directory.path(), &["clone", "-q", "--bare", work.to_str().unwrap(), bare.to_str().unwrap()]);

    let commit = world.push(&bare).await;
    assert_eq!((commit.message.as_str(), commit.author.name.as_str()), ("the message\n\nand more", "Ada"));
    assert_eq!(world.files(&commit).await, "a=1");
    let url = format!("file://{}", bare.display());
    assert_eq!(world.store.push(&url, "owner/other", "trunk").await.unwrap().id, commit.id);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let world = World::new();
    let source = world.source();
    let refusal = world.store.push(source.to_str().unwrap(), "service", "main").await.unwrap_err();
    assert!(matches!(refusal, Error::Empty(_)), "{refusal}");
    write(&source, "a", "1");
    world.push(&source).await;
    for (repository, branch, says) in [
        ("absent", "main", "repository absent does not exist"),
        ("service", "absent", "repository service has no branch absent"),
        ("../service", "main", "repository name \"../service\""),
        ("", "main", "repository name \"\""),
        ("a/b/c", "main", "repository name"),
        ("-x", "main", "repository name"),
        ("service.git", "main", "repository name"),
        (&"x".repeat(101), "main", "repository name"),
    ] {
        let refusal = world.store.head(repository, branch).await.unwrap_err().to_string();
        assert!(refusal.contains(says), "{refusal}");
    }
    let absent = world.store.push("/no/such/directory", "service", "main").await.unwrap_err();
    assert!(matches!(absent, Error::NoDirectory(_)), "{absent}");
}

#[tokio::test]
async fn pushes_at_the_same_moment_wait_for_one_another() {
    let world = World::new();
    let source = world.source();
    write(&source, "a.txt", "one");
    let commits = futures_util::future::join_all((0..4).map(|_| world.push(&source))).await;
    assert!(commits.iter().all(|commit| *commit == commits[0]), "{commits:?}");
}

#[tokio::test]
async fn a_push_that_was_given_up_at_any_moment_hinders_no_later_one() {
    for microseconds in (0..40_000).step_by(2_000) {
        let world = World::new();
        let source = world.source();
        write(&source, "a.txt", "one");
        let given_up = tokio::time::timeout(std::time::Duration::from_micros(microseconds), world.push(&source));
        drop(given_up.await);
        assert_eq!(world.files(&world.push(&source).await).await, "a.txt=one");
    }
}

#[tokio::test]
async fn a_repository_is_made_once_listed_and_removed() {
    let world = World::new();
    let store = &world.store;
    assert_eq!(store.names().unwrap(), Vec::<String>::new());
    let made = store.create("service", Some("tells the time".to_owned())).await.unwrap();
    assert_eq!(store.record("service").await.unwrap(), made);
    let refusal = store.create("service", None).await.unwrap_err();
    assert!(matches!(refusal, Error::Exists(_)), "{refusal}");
    for name in ["owner/name", "another"] {
        store.create(name, None).await.unwrap();
    }
    assert_eq!(store.names().unwrap(), ["another", "service"]);
    assert_eq!(store.delete("service").await.unwrap(), Some(made.id));
    assert_eq!(store.delete("service").await.unwrap(), None);
    assert_eq!(store.names().unwrap(), ["another"]);
    let anew = store.create("service", None).await.unwrap();
    assert_ne!(anew.id, made.id);
}

#[tokio::test]
async fn what_is_gone_or_cannot_be_read_is_not_listed_and_nobody_is_waited_for() {
    let world = World::new();
    for name in ["a", "b", "c", "d"] {
        world.store.create(name, None).await.unwrap();
    }
    let file = |name: &str| world.store.path(name).unwrap().join("repository.json");
    fs::remove_file(file("a")).unwrap();
    fs::write(file("b"), "no record").unwrap();
    let _held = world.store.hold("c").await.unwrap();
    let _also_held = world.store.lock("a").await.unwrap();
    let listed: Vec<_> = world.store.list().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, ["c", "d"]);
}

#[tokio::test]
async fn only_the_id_of_a_commit_itself_names_one() {
    let world = World::new();
    let source = world.source();
    write(&source, "a", "1");
    let commit = world.push(&source).await;
    let bare = world.store.path("service").unwrap();
    git(&bare, &["tag", "-a", "-m", "first", "v1", &commit.id]);
    let tag = Git::new(bare).line(&["rev-parse", "refs/tags/v1"]).await.unwrap();
    assert_eq!(world.store.commit("service", &commit.id).await.unwrap(), commit);
    for id in [tag.as_str(), &commit.tree, &commit.id.to_uppercase(), &commit.id[..12], "main"] {
        let refusal = world.store.commit("service", id).await.unwrap_err();
        assert!(matches!(refusal, Error::NoCommit { .. }), "{id}: {refusal}");
    }
}

#[tokio::test]
async fn a_repository_that_is_older_than_records_keeps_the_id_it_is_given() {
    let world = World::new();
    let source = world.source();
    write(&source, "a", "1");
    world.push(&source).await;
    fs::remove_file(world.store.path("service").unwrap().join("repository.json")).unwrap();
    let record = world.store.record("service").await.unwrap();
    assert_eq!(world.store.record("service").await.unwrap(), record);
    write(&source, "a", "2");
    world.push(&source).await;
    let moved = world.store.record("service").await.unwrap();
    assert_eq!((moved.id, moved.created), (record.id, record.created));
    assert!(moved.modified > record.modified);
}

#[tokio::test]
async fn the_first_branch_is_the_default_one() {
    let world = World::new();
    let source = world.source();
    write(&source, "a", "1");
    world.store.create("service", None).await.unwrap();
    assert_eq!(world.store.default_branch("service").await.unwrap(), None);
    for branch in ["trunk", "main"] {
        world.store.push(source.to_str().unwrap(), "service", branch).await.unwrap();
        assert_eq!(world.store.default_branch("service").await.unwrap().as_deref(), Some("trunk"));
    }
}

#[tokio::test]
async fn a_tag_with_the_name_of_the_default_branch_does_not_hide_it() {
    let world = World::new();
    let source = world.source();
    write(&source, "a", "1");
    let commit = world.push(&source).await;
    let repository = Git::new(world.store.path("service").unwrap());
    repository.run(&["update-ref", "refs/tags/main", &commit.id]).await.unwrap();
    assert_eq!(world.store.default_branch("service").await.unwrap().as_deref(), Some("main"));
    world.store.push(source.to_str().unwrap(), "service", "another").await.unwrap();
    assert_eq!(world.store.default_branch("service").await.unwrap().as_deref(), Some("main"));
}

#[tokio::test]
async fn a_branch_is_named_in_full() {
    let world = World::new();
    let source = world.source();
    write(&source, "a", "1");
    world.store.push(source.to_str().unwrap(), "service", "feature/one").await.unwrap();
    world.store.head("service", "feature/one").await.unwrap();
    for part in ["feature", "feature/*", "one", "refs/heads/feature/one"] {
        let refusal = world.store.head("service", part).await.unwrap_err();
        assert!(matches!(refusal, Error::NoBranch { .. }), "{refusal}");
    }
}

#[tokio::test]
async fn a_commit_is_told_whole() {
    let world = World::new();
    let work = world.source();
    git(&work, &["init", "-q", "-b", "main"]);
    write(&work, "a", "1");
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-qm", "first"]);
    let written = "--date=1484167798 -0800";
    git(&work, &["commit", "-q", "--allow-empty", "-m", "the message", "--author=Bo <bo@example.com>", written]);
    let bare = world.directory.path().join("bare.git");
    git(world.directory.path(), &["clone", "-q", "--bare", work.to_str().unwrap(), bare.to_str().unwrap()]);
    let commit = world.push(&bare).await;
    let author = Signature {
        name: "Bo".to_owned(),
        email: "bo@example.com".to_owned(),
        date: jiff::Timestamp::from_second(1_484_167_798).unwrap(),
        offset: "-0800".to_owned(),
    };
    assert_eq!((&commit.author, commit.committer.email.as_str()), (&author, "ada@example.com"));
    let first = world.store.commit("service", &commit.parents[0]).await.unwrap();
    assert_eq!((first.message.as_str(), &first.tree, first.parents.len()), ("first", &commit.tree, 0));
}
