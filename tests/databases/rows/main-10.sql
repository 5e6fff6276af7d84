INSERT INTO audit VALUES
    (11, 1784009000, 'Ann', '198.51.100.7', 'stop', 'sshd', '', 'asked', 422, 'It was asked first whether sshd shall be stopped.', 0);
