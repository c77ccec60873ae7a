/*
 * Word lists of the known languages: what carries no meaning of its own, verbs
 * that are common in working texts, articles, words that lean on the sentence
 * before, abbreviations, nouns too general to teach. Sorted by byte; a test holds them to it.
 */
#include "ai/lang_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const en_stop[] = {
	"a", "able", "about", "above", "according", "across", "actually",
	"after", "again", "against", "ahead", "all", "almost", "along",
	"already", "also", "although", "always", "am", "among", "amongst",
	"an", "and", "another", "any", "anybody", "anyone", "anything",
	"anyway", "apart", "are", "aren't", "around", "as", "aside", "at",
	"available", "away", "back", "be", "became", "because", "become",
	"becomes", "been", "before", "behind", "being", "below", "beside",
	"besides", "best", "better", "between", "beyond", "big", "both",
	"briefly", "but", "by", "can", "can't", "cannot", "certain",
	"certainly", "clear", "clearly", "common", "could", "couldn't",
	"daily", "did", "didn't", "different", "directly", "do", "does",
	"doesn't", "doing", "don't", "done", "down", "due", "during", "each",
	"early", "easily", "easy", "eight", "either", "else", "elsewhere",
	"enough", "especially", "etc", "even", "ever", "every", "everybody",
	"everyone", "everything", "everywhere", "exactly", "except", "far",
	"few", "fewer", "first", "five", "for", "former", "forth", "four",
	"from", "full", "further", "furthermore", "generally", "good",
	"great", "had", "half", "has", "hasn't", "have", "haven't", "having",
	"he", "hence", "her", "here", "hers", "herself", "high", "him",
	"himself", "his", "how", "however", "i", "i'm", "if", "immediately",
	"important", "in", "indeed", "instead", "into", "is", "isn't", "it",
	"it's", "its", "itself", "just", "large", "last", "lately", "later",
	"latter", "least", "less", "lest", "let", "let's", "like", "likely",
	"little", "long", "lot", "lots", "low", "made", "main", "mainly",
	"major", "many", "may", "maybe", "me", "mean", "means", "meanwhile",
	"merely", "might", "monthly", "more", "moreover", "most", "mostly",
	"much", "must", "my", "myself", "namely", "near", "nearly",
	"necessary", "neither", "never", "nevertheless", "new", "next",
	"nine", "no", "nobody", "none", "nor", "normally", "not", "nothing",
	"now", "nowhere", "obviously", "of", "off", "often", "oh", "ok",
	"old", "on", "once", "one", "ones", "only", "onto", "or", "other",
	"others", "otherwise", "ought", "our", "ours", "ourselves", "out",
	"outside", "over", "overall", "own", "particular", "particularly",
	"per", "perhaps", "please", "possible", "probably", "provided",
	"quickly", "quite", "rather", "re", "ready", "really", "regarding",
	"regardless", "relatively", "respectively", "right", "roughly",
	"same", "second", "see", "seem", "seems", "self", "seven", "several",
	"shall", "she", "should", "shouldn't", "similar", "simple", "simply",
	"since", "six", "small", "so", "some", "somebody", "somehow",
	"someone", "something", "sometime", "sometimes", "somewhat",
	"somewhere", "soon", "specific", "still", "straight", "such", "sure",
	"ten", "than", "that", "that's", "the", "their", "theirs", "them",
	"themselves", "then", "there", "there's", "thereafter", "thereby",
	"therefore", "these", "they", "they're", "third", "this", "those",
	"though", "three", "thrice", "through", "throughout", "thus", "to",
	"together", "too", "toward", "towards", "twice", "two", "typically",
	"under", "unless", "unlike", "until", "up", "upon", "us", "useful",
	"usual", "usually", "various", "very", "via", "was", "wasn't", "way",
	"we", "we're", "weekly", "well", "were", "weren't", "what", "what's",
	"whatever", "when", "whenever", "where", "whereas", "wherever",
	"whether", "which", "whichever", "while", "who", "whoever", "whole",
	"whom", "whose", "why", "will", "with", "within", "without", "won't",
	"would", "wouldn't", "yearly", "yes", "yet", "you", "you're", "your",
	"yours", "yourself", "yourselves",
};

static const char *const en_verb[] = {
	"accept", "access", "act", "add", "agree", "agreed", "aim", "allow",
	"allowed", "allows", "answer", "appear", "applied", "applies",
	"apply", "approve", "approved", "arrive", "arrives", "ask", "asked",
	"asks", "assign", "attend", "avoid", "based", "begin", "begins",
	"belong", "belongs", "books", "bring", "brings", "brought", "build",
	"built", "buy", "call", "called", "calls", "came", "cancel", "care",
	"carried", "carries", "carry", "cause", "change", "changed",
	"changes", "check", "checked", "checks", "choose", "chosen", "claim",
	"close", "closed", "collect", "come", "comes", "complete",
	"completed", "confirm", "confirmed", "consider", "considered",
	"contact", "contain", "contained", "contains", "continue",
	"continues", "copy", "cost", "costs", "count", "counts", "cover",
	"covered", "covers", "create", "created", "creates", "cut", "decide",
	"decided", "decides", "define", "defined", "depend", "depends",
	"describe", "described", "describes", "determine", "disable",
	"disables", "discuss", "display", "displays", "drive", "enable",
	"enables", "end", "ends", "ensure", "ensures", "enter", "exceed",
	"exceeds", "exist", "exists", "expect", "expected", "explain",
	"explains", "fail", "fails", "fall", "feel", "fell", "file", "fill",
	"find", "finds", "finish", "finished", "fit", "follow", "followed",
	"following", "follows", "found", "gain", "gave", "get", "gets",
	"getting", "give", "given", "gives", "go", "goes", "going", "gone",
	"got", "grow", "hand", "handle", "handled", "hands", "happen",
	"happened", "happens", "hear", "held", "help", "helps", "hold",
	"holds", "identify", "implies", "imply", "improve", "include",
	"included", "includes", "including", "increase", "indicate", "inform",
	"informed", "install", "involve", "join", "keep", "keeps", "kept",
	"know", "known", "knows", "lasts", "lead", "leads", "learn", "leave",
	"leaves", "leaving", "left", "lets", "lie", "list", "listed", "live",
	"lock", "look", "looks", "lose", "make", "makes", "making", "manage",
	"match", "matches", "meet", "meeting", "meets", "mention", "miss",
	"move", "moved", "moves", "need", "needed", "needs", "note", "notice",
	"notify", "obtain", "occur", "occurs", "offer", "offers", "open",
	"opens", "operate", "order", "owe", "owns", "paid", "pass", "passed",
	"pay", "pays", "perform", "performed", "pick", "place", "placed",
	"plan", "play", "post", "prefer", "prepare", "present", "presented",
	"prevent", "prevents", "print", "prints", "produce", "produces",
	"protect", "protects", "prove", "provide", "provides", "put", "puts",
	"raise", "raised", "ran", "reach", "reached", "read", "reads",
	"receive", "received", "receives", "record", "recorded", "recover",
	"reduce", "reduces", "refer", "refers", "reflect", "regard",
	"register", "relate", "related", "relies", "rely", "remain",
	"remains", "remember", "remove", "removed", "removes", "replace",
	"replaced", "replaces", "reply", "report", "reported", "reports",
	"represent", "request", "requested", "require", "required",
	"requires", "resend", "reserve", "reserved", "reset", "resets",
	"respond", "rest", "return", "returned", "returns", "review",
	"reviewed", "run", "running", "runs", "said", "save", "saved", "say",
	"says", "search", "seek", "seen", "select", "selected", "sell",
	"send", "sends", "sent", "serve", "served", "serves", "set", "sets",
	"setting", "share", "shared", "shares", "shift", "ship", "show",
	"shown", "shows", "sign", "signed", "sit", "sitting", "sort", "sorts",
	"speak", "specified", "specifies", "specify", "spend", "spent",
	"stand", "stands", "start", "started", "starts", "state", "stated",
	"states", "stay", "stays", "step", "stop", "stops", "store", "stored",
	"stores", "submit", "submitted", "suggest", "supply", "support",
	"supported", "supports", "supposed", "suppress", "take", "taken",
	"takes", "taking", "talk", "tell", "tells", "test", "think", "throw",
	"told", "took", "touch", "track", "train", "treat", "treated",
	"tried", "tries", "try", "trying", "turn", "turned", "turns",
	"understand", "update", "updated", "use", "used", "uses", "using",
	"vary", "wait", "walk", "want", "wants", "warn", "wear", "went",
	"win", "wish", "work", "worked", "working", "works", "write",
	"writes", "written", "wrote",
};

static const char *const en_det[] = {
	"a", "all", "an", "another", "any", "both", "each", "every", "her",
	"his", "its", "my", "no", "our", "some", "such", "that", "the",
	"their", "these", "this", "those", "your",
};

static const char *const en_link[] = {
	"of",
};

static const char *const en_lean[] = {
	"accordingly", "afterwards", "again", "also", "alternatively", "and",
	"another", "because", "both", "but", "consequently", "conversely",
	"either", "few", "finally", "former", "furthermore", "he", "hence",
	"her", "here", "him", "his", "however", "if's", "instead", "it",
	"its", "latter", "likewise", "many", "meanwhile", "moreover", "most",
	"neither", "nevertheless", "none", "nor", "one", "or", "others",
	"otherwise", "same", "several", "she", "similarly", "so", "some",
	"still", "such", "that", "their", "theirs", "them", "then", "there",
	"therefore", "these", "they", "this", "those", "thus", "which", "who",
	"yet",
};

static const char *const en_abbr[] = {
	"a.m", "al", "approx", "apr", "aug", "ca", "cf", "co", "corp", "dec",
	"dept", "dr", "e.g", "ed", "eds", "eg", "est", "etc", "feb", "fig",
	"figs", "fri", "i.e", "ie", "inc", "jan", "jr", "jul", "jun", "ltd",
	"mar", "mon", "mr", "mrs", "ms", "no", "nos", "nov", "oct", "p.m",
	"pp", "prof", "sat", "sep", "sept", "sr", "st", "sun", "thu", "tue",
	"u.k", "u.s", "vol", "vs", "wed",
};

static const char *const en_gen[] = {
	"access", "account", "addition", "amount", "answer", "area", "aspect",
	"attempt", "basis", "beginning", "bit", "case", "cases", "chapter",
	"choice", "comparison", "condition", "content", "copy", "course",
	"date", "day", "days", "detail", "details", "difference", "document",
	"dollar", "dollars", "effect", "employee", "employees", "end", "euro",
	"euros", "example", "examples", "fact", "figure", "first", "form",
	"front", "group", "hour", "hours", "idea", "information", "instance",
	"issue", "item", "items", "kind", "kinds", "level", "line", "list",
	"lot", "matter", "method", "minute", "minutes", "moment", "month",
	"months", "name", "names", "note", "number", "numbers", "object",
	"order", "page", "paragraph", "part", "parts", "people", "percent",
	"person", "place", "point", "points", "problem", "process", "purpose",
	"question", "reason", "rest", "result", "room", "rule", "second",
	"seconds", "section", "set", "side", "situation", "size", "sort",
	"source", "state", "step", "steps", "table", "term", "text", "thing",
	"things", "time", "times", "top", "type", "types", "use", "value",
	"values", "version", "way", "ways", "week", "weeks", "word", "words",
	"work", "year", "years",
};

static const char *const de_stop[] = {
	"ab", "aber", "acht", "alle", "allem", "allen", "aller", "alles",
	"als", "also", "am", "an", "andere", "anderem", "anderen", "anderer",
	"anderes", "anders", "auch", "auf", "aus", "ausser", "außer",
	"außerdem", "außerhalb", "b", "bei", "beide", "beiden", "beim",
	"bereits", "besonders", "besser", "bevor", "bin", "bis", "bisher",
	"bist", "bitte", "bzw", "da", "dabei", "dadurch", "dafür", "dagegen",
	"daher", "damit", "danach", "daneben", "dann", "daran", "darauf",
	"daraus", "darf", "darin", "darum", "darunter", "darüber", "das",
	"dass", "davon", "davor", "dazu", "dein", "deine", "dem", "demnach",
	"den", "denen", "denn", "dennoch", "der", "deren", "derer", "des",
	"deshalb", "dessen", "desto", "deutlich", "dich", "die", "dies",
	"diese", "dieselbe", "diesem", "diesen", "dieser", "dieses", "direkt",
	"doch", "dort", "drei", "du", "durch", "dürfen", "eben", "ebenfalls",
	"ebenso", "ehe", "eher", "eigene", "eigenen", "eigenes", "ein",
	"eine", "einem", "einen", "einer", "eines", "einfach", "einige",
	"einigem", "einigen", "einiger", "einiges", "einmal", "einzelne",
	"einzelnen", "entweder", "er", "erst", "erste", "ersten", "es",
	"etwa", "etwas", "euch", "eure", "falls", "fast", "folgende",
	"folgenden", "frei", "fünf", "für", "ganz", "ganze", "ganzen", "gar",
	"gegen", "gegenüber", "gemeinsam", "gemäß", "genau", "genug", "gern",
	"gerne", "gilt", "gleich", "gleichen", "groß", "große", "großen",
	"gut", "gute", "guten", "hab", "habe", "haben", "halb", "hat",
	"hatte", "hatten", "her", "hier", "hin", "hinter", "ich", "ihm",
	"ihn", "ihnen", "ihr", "ihre", "ihrem", "ihren", "ihrer", "ihres",
	"im", "immer", "in", "indem", "infolge", "innerhalb", "ins",
	"insbesondere", "insgesamt", "inzwischen", "irgend", "ist", "ja",
	"je", "jede", "jedem", "jeden", "jeder", "jederzeit", "jedes",
	"jedoch", "jene", "jenem", "jenen", "jener", "jenes", "jetzt",
	"jeweilige", "jeweiligen", "jeweils", "kann", "kannst", "kaum",
	"kein", "keine", "keinem", "keinen", "keiner", "keines", "konnte",
	"können", "könnte", "könnten", "lang", "lange", "lediglich", "leider",
	"letzte", "letzten", "machen", "macht", "man", "manche", "manchen",
	"mehr", "mehrere", "mehreren", "mein", "meine", "meist", "meistens",
	"mich", "mindestens", "mir", "mit", "muss", "musste", "möchte",
	"möglich", "möglichst", "müssen", "nach", "nachdem", "namens",
	"neben", "nein", "neu", "neue", "neuen", "neun", "nicht", "nichts",
	"nie", "niemals", "niemand", "noch", "notwendig", "nun", "nur",
	"nächste", "nächsten", "nämlich", "nötig", "ob", "oben", "obwohl",
	"oder", "oft", "ohne", "per", "pro", "rund", "schon", "sechs", "sehr",
	"sei", "seid", "sein", "seine", "seinem", "seinen", "seiner",
	"seines", "seit", "seitdem", "selbst", "selten", "sich", "sicher",
	"sie", "sieben", "sind", "so", "sobald", "sofern", "sofort", "sogar",
	"solange", "solche", "solchem", "solchen", "solcher", "solches",
	"soll", "sollen", "sollte", "sollten", "somit", "sondern", "sonst",
	"soweit", "sowie", "sowohl", "später", "spätestens", "statt", "stets",
	"um", "und", "uns", "unser", "unsere", "unserem", "unseren",
	"unserer", "unter", "usw", "viel", "viele", "vielen", "vielleicht",
	"vier", "vom", "von", "vor", "vorhanden", "vorher", "wann", "war",
	"waren", "warum", "was", "wegen", "weil", "weiter", "weitere",
	"weiteren", "weiterhin", "welche", "welchem", "welchen", "welcher",
	"welches", "wenig", "wenige", "weniger", "wenn", "wer", "werde",
	"werden", "wessen", "wie", "wieder", "will", "wir", "wird", "wo",
	"wobei", "wodurch", "wohl", "wollen", "worden", "wurde", "wurden",
	"während", "würde", "würden", "z", "zehn", "zu", "zudem", "zuerst",
	"zufolge", "zuletzt", "zum", "zunächst", "zur", "zusammen",
	"zusätzlich", "zwar", "zwei", "zwischen", "über", "überall",
	"überhaupt", "übrigen",
};

static const char *const de_verb[] = {
	"arbeiten", "arbeitet", "beantragen", "beantragt", "beginnen",
	"beginnt", "bekommen", "bekommt", "benötigen", "benötigt", "beträgt",
	"bleiben", "bleibt", "brauchen", "braucht", "bringen", "bringt",
	"dauert", "dient", "endet", "enthalten", "enthält", "entscheidet",
	"entsteht", "erfolgt", "ergibt", "erhalten", "erhält", "erklärt",
	"erlaubt", "finden", "findet", "folgen", "folgt", "führen", "führt",
	"geben", "gehen", "geht", "gehören", "gehört", "gelten", "genehmigt",
	"gewährt", "gibt", "halten", "handelt", "heißt", "helfen", "hilft",
	"hält", "informieren", "informiert", "kommen", "kommt", "lassen",
	"legt", "leitet", "liegen", "liegt", "lässt", "melden", "meldet",
	"nehmen", "nimmt", "nutzen", "nutzt", "prüfen", "prüft", "sagen",
	"sagt", "schreibt", "schützen", "schützt", "sehen", "senden",
	"sendet", "setzen", "setzt", "sieht", "sorgen", "sorgt", "sprechen",
	"spricht", "stehen", "steht", "stellen", "stellt", "tragen",
	"treffen", "trifft", "trägt", "tun", "tut", "verlangt", "verwenden",
	"verwendet", "vorliegt", "weiß", "zahlen", "zahlt", "zeigen", "zeigt",
};

static const char *const de_det[] = {
	"alle", "am", "beim", "das", "dein", "deine", "dem", "den", "der",
	"des", "die", "diese", "diesem", "diesen", "dieser", "dieses", "ein",
	"eine", "einem", "einen", "einer", "eines", "ihr", "ihre", "ihrem",
	"ihren", "ihrer", "im", "jede", "jedem", "jeden", "jeder", "jedes",
	"kein", "keine", "keinen", "mein", "meine", "sein", "seine", "seinen",
	"unser", "unsere", "unserem", "unseren", "unserer", "vom", "zum",
	"zur",
};

static const char *const de_lean[] = {
	"aber", "allerdings", "also", "andernfalls", "auch", "außerdem",
	"beide", "dabei", "dadurch", "dafür", "dagegen", "daher", "damit",
	"danach", "dann", "daran", "darauf", "daraus", "darin", "darum",
	"das", "davon", "dazu", "denn", "dennoch", "der", "deshalb",
	"deswegen", "die", "dies", "diese", "diesem", "diesen", "dieser",
	"dieses", "doch", "dort", "ebenfalls", "ebenso", "er", "es", "ferner",
	"folglich", "hier", "ihm", "ihn", "ihnen", "ihr", "jedoch", "oder",
	"sie", "solche", "solcher", "solches", "somit", "sonst",
	"stattdessen", "trotzdem", "und", "zudem",
};

static const char *const de_abbr[] = {
	"a", "abb", "abs", "apr", "art", "aug", "b", "bd", "bspw", "bzw",
	"ca", "d", "d.h", "dez", "di", "do", "dr", "etc", "evtl", "exkl",
	"feb", "fr", "geb", "gem", "ggf", "h", "hr", "i.d.r", "inkl", "jan",
	"kap", "lt", "max", "mi", "min", "mio", "mo", "mrd", "nov", "nr",
	"o.ä", "okt", "prof", "s.o", "s.u", "sa", "sept", "so", "sog", "st",
	"str", "tel", "u", "u.a", "u.u", "usw", "vgl", "z", "z.b", "zzgl",
};

static const char *const de_gen[] = {
	"abschnitt", "anfang", "angabe", "angaben", "anzahl", "art",
	"aufgabe", "beispiel", "beispiele", "bereich", "beschäftigte",
	"beschäftigten", "dauer", "ding", "dinge", "ende", "euro", "fall",
	"form", "frage", "fragen", "fälle", "grund", "gruppe", "höhe",
	"information", "informationen", "jahr", "jahre", "jahren", "kapitel",
	"leute", "mal", "menge", "mensch", "menschen", "meter", "minute",
	"minuten", "mitarbeitende", "mitarbeiter", "mitarbeiterin", "monat",
	"monate", "monaten", "möglichkeit", "name", "namen", "ort", "person",
	"personen", "prozent", "punkt", "rahmen", "regel", "reihe", "sache",
	"seite", "sekunde", "sekunden", "stelle", "stunde", "stunden",
	"tabelle", "tag", "tage", "tagen", "tages", "teil", "teile", "text",
	"uhr", "verfahren", "weise", "wert", "werte", "woche", "wochen",
	"wort", "zahl", "zeit", "zeiten", "zeitpunkt", "ziel", "zweck",
};

static const char *const fr_stop[] = {
	"afin", "ai", "ainsi", "alors", "après", "as", "assez", "au", "aucun",
	"aucune", "aujourd'hui", "auparavant", "auprès", "aussi", "autant",
	"autre", "autres", "aux", "avaient", "avait", "avant", "avec", "avez",
	"avoir", "avons", "ayant", "beaucoup", "bien", "bon", "c", "car",
	"ce", "ceci", "cela", "celle", "celles", "celui", "cent", "cependant",
	"ces", "cet", "cette", "ceux", "chacun", "chacune", "chaque", "chez",
	"ci", "cinq", "combien", "comme", "comment", "concernant", "contre",
	"d", "dans", "de", "dedans", "dehors", "delà", "depuis", "dernier",
	"dernière", "derrière", "des", "deux", "deuxième", "devant", "devez",
	"devoir", "devons", "devra", "devront", "dire", "dit", "divers",
	"dix", "doit", "doit-il", "doivent", "donc", "dont", "du", "durant",
	"dès", "déjà", "désormais", "elle", "elles", "en", "encore", "enfin",
	"ensuite", "entre", "envers", "environ", "es", "est", "et", "eu",
	"eux", "faire", "fait", "faut", "fois", "font", "grand", "grande",
	"grands", "hors", "hui", "huit", "il", "ils", "j", "jamais", "je",
	"jusqu", "jusque", "l", "la", "laquelle", "le", "lequel", "les",
	"lesquelles", "lesquels", "leur", "leurs", "lors", "lorsque", "lui",
	"là", "m", "ma", "mais", "malgré", "me", "mes", "mien", "mieux",
	"moi", "moins", "mon", "même", "mêmes", "n", "ne", "neuf", "ni",
	"non", "nos", "notre", "nous", "nouveau", "nouveaux", "nouvelle",
	"nouvelles", "nécessaire", "on", "ont", "ou", "où", "par", "parce",
	"parfois", "parmi", "partir", "pas", "pendant", "petit", "petite",
	"peu", "peut", "peuvent", "peux", "plus", "plusieurs", "plutôt",
	"possible", "pour", "pourquoi", "pourra", "premier", "première",
	"presque", "près", "puis", "puisque", "qu", "quand", "quant",
	"quatre", "que", "quel", "quelle", "quelles", "quelque", "quelques",
	"quels", "qui", "quoi", "quoique", "s", "sa", "sans", "sauf", "se",
	"selon", "sept", "sera", "serait", "seront", "ses", "seul", "seule",
	"seulement", "si", "sien", "six", "soi", "soient", "soit", "sommes",
	"son", "sont", "sous", "souvent", "suis", "sur", "surtout", "t", "ta",
	"tandis", "tant", "te", "tel", "telle", "telles", "tels", "tes",
	"toi", "ton", "toujours", "tous", "tout", "toute", "toutes", "trois",
	"trop", "très", "tu", "un", "une", "uns", "vers", "via", "voici",
	"voilà", "voir", "vos", "votre", "vous", "vu", "y", "à", "ça",
	"étaient", "étais", "était", "étant", "été", "être",
};

static const char *const fr_verb[] = {
	"accorde", "appelle", "applique", "apporte", "arrive", "assure",
	"autorise", "bénéficie", "bénéficient", "commence", "comprend",
	"concerne", "conserve", "considère", "contacte", "contient",
	"demande", "demandent", "demander", "devient", "dispose", "donne",
	"donnent", "donner", "dure", "dépasse", "dépend", "désigne",
	"effectue", "effectuer", "entraîne", "existe", "figure", "fournit",
	"garantit", "gère", "implique", "indique", "informe", "informer",
	"interdit", "joue", "met", "mettre", "obtenir", "offre", "ouvre",
	"passe", "passer", "permet", "permettent", "porte", "prend",
	"prendre", "prennent", "protège", "précise", "présente", "prévenir",
	"prévoit", "reconnaît", "rembourse", "remet", "remplit", "représente",
	"respecte", "respecter", "reste", "retourne", "revient", "reçoit",
	"reçoivent", "sert", "signale", "signaler", "signe", "suit", "suivre",
	"tient", "transmet", "travaille", "utilise", "utilisent", "utiliser",
	"valide", "veille", "verse", "vient", "vérifie", "vérifier",
};

static const char *const fr_det[] = {
	"au", "aux", "ce", "ces", "cet", "cette", "chaque", "d", "de", "des",
	"du", "l", "la", "le", "les", "leur", "leurs", "ma", "mes", "mon",
	"nos", "notre", "quelques", "sa", "ses", "son", "ta", "tes", "ton",
	"tous", "tout", "toute", "toutes", "un", "une", "vos", "votre",
};

static const char *const fr_link[] = {
	"d", "de", "des", "du",
};

static const char *const fr_lean[] = {
	"ainsi", "alors", "aussi", "autrement", "car", "ce", "ceci", "cela",
	"celle", "celles", "celui", "cependant", "ces", "cet", "cette",
	"ceux", "dernier", "derniers", "dernière", "donc", "elle", "elles",
	"en", "enfin", "ensuite", "et", "ici", "il", "ils", "leur", "lui",
	"là", "mais", "néanmoins", "or", "ou", "pourtant", "puis", "sinon",
	"tel", "telle", "telles", "tels", "toutefois", "y",
};

static const char *const fr_abbr[] = {
	"art", "av", "avr", "bd", "c.-à-d", "cf", "dr", "déc", "env", "etc",
	"ex", "fig", "févr", "janv", "juil", "m", "mlle", "mm", "mme", "mmes",
	"n", "no", "nov", "oct", "p", "p.ex", "pp", "pr", "sept", "st", "ste",
	"tél", "vol", "éd",
};

static const char *const fr_gen[] = {
	"an", "année", "années", "ans", "aspect", "base", "cas", "chapitre",
	"chose", "choses", "cours", "date", "début", "effet", "euro", "euros",
	"exemple", "exemples", "fait", "façon", "fin", "fois", "forme",
	"genre", "groupe", "heure", "heures", "information", "informations",
	"jour", "journée", "jours", "lieu", "ligne", "manière", "minute",
	"minutes", "mode", "mois", "moment", "mot", "niveau", "nom", "nombre",
	"objet", "ordre", "page", "paragraphe", "part", "partie", "parties",
	"pas", "personne", "personnes", "place", "plan", "point", "points",
	"période", "question", "raison", "reste", "résultat", "salarié",
	"salariés", "section", "semaine", "semaines", "sens", "sorte",
	"suite", "tableau", "temps", "texte", "type", "types", "valeur",
	"valeurs", "élément", "éléments",
};

static const char *const es_stop[] = {
	"a", "acá", "además", "adonde", "ahora", "ahí", "al", "algo",
	"alguna", "algunas", "alguno", "algunos", "algún", "allí", "ambos",
	"ante", "anterior", "antes", "aquel", "aquella", "aquellas",
	"aquello", "aquellos", "aquí", "así", "aun", "aunque", "aún", "bajo",
	"bastante", "bien", "cada", "casi", "cierta", "ciertas", "cierto",
	"ciertos", "cinco", "como", "con", "conforme", "conmigo", "consigo",
	"contra", "cual", "cuales", "cualquier", "cualquiera", "cuando",
	"cuanta", "cuanto", "cuatro", "cuya", "cuyas", "cuyo", "cuyos",
	"cuál", "cuándo", "cómo", "da", "de", "debe", "deben", "deber",
	"debería", "debido", "del", "demás", "dentro", "desde", "después",
	"detrás", "dicha", "dicho", "diez", "donde", "dos", "durante",
	"dónde", "e", "el", "ella", "ellas", "ello", "ellos", "en", "encima",
	"entonces", "entre", "era", "eran", "eres", "es", "esa", "esas",
	"ese", "eso", "esos", "esta", "estaba", "estado", "estar", "estas",
	"este", "esto", "estos", "está", "están", "etc", "fin", "fue",
	"fuera", "fueron", "gran", "grande", "grandes", "ha", "haber",
	"había", "habían", "hace", "hacen", "hacer", "hacia", "han", "hasta",
	"hay", "he", "hemos", "hoy", "igual", "incluso", "jamás", "junto",
	"la", "las", "le", "les", "lo", "los", "luego", "mas", "me",
	"mediante", "mejor", "menos", "mi", "mientras", "mis", "misma",
	"mismas", "mismo", "mismos", "mucha", "muchas", "mucho", "muchos",
	"muy", "más", "mía", "mío", "nada", "nadie", "necesario", "ni",
	"ninguna", "ninguno", "ningún", "no", "nos", "nosotros", "nuestra",
	"nuestras", "nuestro", "nuestros", "nueva", "nuevas", "nueve",
	"nuevo", "nuevos", "nunca", "o", "ocho", "os", "otra", "otras",
	"otro", "otros", "para", "pero", "poca", "pocas", "poco", "pocos",
	"poder", "por", "porque", "posible", "primer", "primera", "primero",
	"pudo", "puede", "pueden", "pues", "que", "quien", "quienes", "quién",
	"qué", "se", "sea", "sean", "segundo", "según", "seis", "ser", "será",
	"serán", "si", "sido", "siempre", "siendo", "siete", "sin", "sino",
	"sobre", "sola", "solamente", "solo", "son", "su", "sus", "suya",
	"suyo", "sí", "sólo", "tal", "tales", "también", "tampoco", "tan",
	"tanta", "tanto", "te", "tener", "tengo", "ti", "tiene", "tienen",
	"toda", "todas", "todavía", "todo", "todos", "tras", "través", "tres",
	"tu", "tus", "tuya", "tuyo", "tú", "un", "una", "unas", "uno", "unos",
	"usted", "ustedes", "va", "van", "varias", "varios", "veces", "vez",
	"vosotros", "y", "ya", "yo", "él", "ésta", "éste", "última", "último",
};

static const char *const es_verb[] = {
	"acepta", "acuerda", "aplica", "aplican", "aprueba", "asegura",
	"avisa", "avisar", "ayuda", "busca", "cambia", "cobra", "comienza",
	"comprende", "comprueba", "comunica", "comunicar", "concede",
	"considera", "consiste", "contiene", "corresponde", "crea", "depende",
	"desea", "devuelve", "dispone", "disponen", "dura", "empieza",
	"encuentra", "entrega", "entregar", "enviar", "envía", "establece",
	"evita", "existe", "figura", "firma", "funciona", "garantiza",
	"gestiona", "guarda", "implica", "incluye", "incluyen", "indica",
	"informa", "informar", "llega", "lleva", "mantiene", "obtiene",
	"ofrece", "ofrecen", "paga", "pasa", "permite", "permiten", "pide",
	"presenta", "presentar", "produce", "protege", "proteger", "quiere",
	"realiza", "realizar", "recibe", "reciben", "recoge", "reconoce",
	"registra", "requiere", "requieren", "respeta", "responde", "revisa",
	"sabe", "sale", "sigue", "sirve", "solicita", "solicitar", "supera",
	"termina", "toma", "trabaja", "trata", "usa", "usar", "utiliza",
	"utilizan", "utilizar", "vale", "viene",
};

static const char *const es_det[] = {
	"al", "cada", "cualquier", "de", "del", "el", "esa", "ese", "esta",
	"estas", "este", "estos", "la", "las", "los", "mi", "mis", "nuestra",
	"nuestras", "nuestro", "nuestros", "otra", "otro", "su", "sus",
	"toda", "todas", "todo", "todos", "tu", "tus", "un", "una", "unas",
	"unos",
};

static const char *const es_link[] = {
	"de", "del",
};

static const char *const es_lean[] = {
	"además", "ahí", "allí", "ambos", "aquel", "aquella", "aquí", "así",
	"después", "dicha", "dichas", "dicho", "dichos", "e", "ella", "ellas",
	"ello", "ellos", "embargo", "entonces", "esa", "esas", "ese", "eso",
	"esos", "esta", "estas", "este", "esto", "estos", "le", "les", "lo",
	"luego", "misma", "mismo", "no", "o", "obstante", "pero", "por",
	"sin", "su", "sus", "tal", "tales", "también", "tampoco", "tanto",
	"u", "y", "él",
};

static const char *const es_abbr[] = {
	"abr", "ago", "aprox", "art", "av", "avda", "c", "cía", "d", "dic",
	"dr", "dra", "dña", "ee.uu", "ej", "ene", "etc", "feb", "jul", "jun",
	"mar", "may", "máx", "mín", "n.º", "nov", "núm", "oct", "p", "p.ej",
	"pág", "págs", "sept", "sr", "sra", "srs", "srta", "tel", "ud", "uds",
	"vd",
};

static const char *const es_gen[] = {
	"apartado", "aspecto", "año", "años", "base", "cantidad", "capítulo",
	"caso", "casos", "cosa", "cosas", "cuestión", "curso", "dato",
	"datos", "documento", "día", "días", "efecto", "ejemplo", "ejemplos",
	"elemento", "elementos", "empleado", "empleados", "euro", "euros",
	"fecha", "fin", "final", "forma", "grupo", "hecho", "hora", "horas",
	"información", "lugar", "línea", "manera", "mes", "meses", "minuto",
	"minutos", "modo", "momento", "motivo", "nivel", "nombre", "número",
	"objeto", "orden", "palabra", "parte", "partes", "persona",
	"personas", "plazo", "punto", "puntos", "página", "párrafo", "razón",
	"resto", "resultado", "sección", "semana", "semanas", "sentido",
	"situación", "tabla", "texto", "tiempo", "tipo", "tipos", "valor",
	"valores",
};

#define LIST(a) { (a), NITEMS(a) }

static const struct list {
	const char *const *words;
	size_t n;
} lists[LANG__MAX][LANG_LIST__MAX] = {
	[LANG_EN] = {
		[LANG_LIST_STOP] = LIST(en_stop),
		[LANG_LIST_VERB] = LIST(en_verb),
		[LANG_LIST_DET] = LIST(en_det),
		[LANG_LIST_LINK] = LIST(en_link),
		[LANG_LIST_LEAN] = LIST(en_lean),
		[LANG_LIST_ABBR] = LIST(en_abbr),
		[LANG_LIST_GEN] = LIST(en_gen),
	},
	[LANG_DE] = {
		[LANG_LIST_STOP] = LIST(de_stop),
		[LANG_LIST_VERB] = LIST(de_verb),
		[LANG_LIST_DET] = LIST(de_det),
		[LANG_LIST_LEAN] = LIST(de_lean),
		[LANG_LIST_ABBR] = LIST(de_abbr),
		[LANG_LIST_GEN] = LIST(de_gen),
	},
	[LANG_FR] = {
		[LANG_LIST_STOP] = LIST(fr_stop),
		[LANG_LIST_VERB] = LIST(fr_verb),
		[LANG_LIST_DET] = LIST(fr_det),
		[LANG_LIST_LINK] = LIST(fr_link),
		[LANG_LIST_LEAN] = LIST(fr_lean),
		[LANG_LIST_ABBR] = LIST(fr_abbr),
		[LANG_LIST_GEN] = LIST(fr_gen),
	},
	[LANG_ES] = {
		[LANG_LIST_STOP] = LIST(es_stop),
		[LANG_LIST_VERB] = LIST(es_verb),
		[LANG_LIST_DET] = LIST(es_det),
		[LANG_LIST_LINK] = LIST(es_link),
		[LANG_LIST_LEAN] = LIST(es_lean),
		[LANG_LIST_ABBR] = LIST(es_abbr),
		[LANG_LIST_GEN] = LIST(es_gen),
	},
};

static int
word_cmp(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

bool
lang_list_has(enum lang lang, enum lang_list which, const char *norm)
{
	const struct list *l = &lists[lang][which];

	return l->n > 0 &&
	    bsearch(norm, l->words, l->n, sizeof(*l->words), word_cmp) != NULL;
}

size_t
lang_list_size(enum lang lang, enum lang_list which)
{
	return lists[lang][which].n;
}

const char *
lang_list_at(enum lang lang, enum lang_list which, size_t i)
{
	return lists[lang][which].words[i];
}
