UPDATE accounts SET user_handle = randomblob(64) WHERE id = 3;
INSERT INTO passkeys VALUES (1, 3, 'bangui.example', randomblob(16), 'phone', randomblob(65), randomblob(8), 3, 1784007000, 1784007100);
