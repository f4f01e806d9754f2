/**
 * What common passwords are made of, in lower case: gathered by hand from what people are known to choose (names, pets, seasons, teams,
 * wishes, key rows, what a device of ours is called). Longer passwords are refused by how they are put together from these.
 */
export const commonWords: ReadonlySet<string> = new Set(
  `a i my me you the is it in of to for and be no yes not new old big hot cool
  password passwort passwd pass passw pwd word secret geheim motdepasse contrasena parola senha wachtwoord hasło
  admin administrator root user guest test tester testing demo default login logon welcome willkommen bienvenue hello hallo hola bonjour
  letmein letme open sesame opensesame enter access changeme change please temp temporary master system server manager owner operator
  thingtalk thing things gateway hub home homeassistant assistant smart smarthome house iot device lamp light wifi wlan internet router network
  qwerty qwertz azerty qwert qwer asdf asdfgh asdfghjkl zxcvbn zxcvbnm qaz wsx edc qazwsx qweasd qweasdzxc asd qwe zxc poiuy yxcvbn
  abc abcd abcde abcdef xyz aaa xxx zzz
  iloveyou love loveyou lovely lover loveme forever baby babygirl sweet sweetheart honey angel princess prince king queen hero star sunshine
  sun moon sky rainbow flower rose lily daisy butterfly
  monkey dragon tiger lion eagle falcon wolf bear cat dog kitty puppy bunny horse pony chicken cow snake shark dolphin panda spider turtle
  football soccer baseball basketball hockey tennis golf rugby cricket volleyball swimming
  arsenal chelsea liverpool manchester united barcelona madrid juventus bayern dortmund celtic rangers yankees lakers cowboys steelers eagles
  superman batman spiderman ironman pokemon pikachu naruto mario zelda minecraft fortnite starwars yoda vader matrix hobbit gandalf harry potter
  hogwarts disney mickey minnie donald goofy simpsons bart snoopy garfield
  michael jennifer jessica ashley daniel thomas robert david john james william joseph charles george edward richard andrew matthew joshua
  christopher anthony nicholas alexander alex max ben sam tom tim jim joe jack harry oliver charlie jacob noah liam lucas leo felix paul peter
  martin stefan andreas michaela anna maria sarah laura lisa julia emma sophie sophia olivia mia ella lena nina eva amanda samantha elizabeth
  nicole michelle melissa stephanie rebecca rachel hannah jordan taylor hunter morgan buster maggie ginger pepper shadow lucky bella luna rocky
  summer winter spring autumn fall sommer frühling herbst january february march april may june july august september october november december
  januar februar märz juni juli oktober dezember monday tuesday wednesday thursday friday saturday sunday
  red blue green black white yellow orange purple pink silver gold golden brown grey gray
  one two three four five six seven eight nine ten zero
  apple banana cherry lemon peach cookie chocolate cheese pizza burger coffee beer vodka whiskey candy sugar
  computer laptop windows linux ubuntu debian apple macbook iphone android samsung google facebook twitter instagram youtube microsoft amazon
  netflix nintendo playstation xbox sony nokia cisco oracle mysql postgres mongodb raspberry raspberrypi arduino
  mercedes bmw audi porsche ferrari ford mustang corvette camaro honda toyota yamaha harley jeep tesla volvo
  london paris berlin vienna rome madrid newyork york texas california florida chicago boston dallas america england france germany italy spain
  canada australia india china japan russia brazil mexico europe world earth
  jesus christ god heaven faith hope peace freedom happy lucky money cash dollar rich work office company school student teacher family friend
  friends mother father mom dad mama papa brother sister son daughter wife husband life live music guitar piano rock metal jazz dance party
  game games gamer player play ninja samurai pirate warrior soldier killer hacker trustno trust nobody fuck fuckyou fuckoff shit bitch ass sexy
  sex pussy hardcore blink metallica nirvana slipknot eminem beatles elvis
  correct horse battery staple abracadabra whatever nothing something anything everything`.split(
    /\s+/,
  ),
);
