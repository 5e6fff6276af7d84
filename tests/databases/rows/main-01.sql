-- Both passwords are `a password for tests`.
INSERT INTO accounts VALUES
    (1, 'Ann', 'ANN', '$argon2id$v=19$m=19456,t=2,p=1$pUtrI+lv21FzD133XT/hkw$3XAszjZo9yza06iflxDJpGoCJ6wacTLTCGYkeEEZq34', 1784000000),
    (3, 'böb', 'BÖB', '$argon2id$v=19$m=19456,t=2,p=1$NG/ddw+OR8/huKVx36y7hg$rNjIve6T/+fLYWSrQRQKgLaYECIpPdusBiWFzWskaJk', 1784000600);
INSERT INTO sessions VALUES
    (randomblob(32), 1, '{"account":"1"}', 1784000700, 1784100000),
    (randomblob(32), NULL, '{}', 1784000800, 1784100000);
INSERT INTO secrets VALUES (1, randomblob(64));
