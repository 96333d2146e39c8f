package admin

// EmailBegins lets a test ask the databases how they would search.
var EmailBegins = emailBegins
