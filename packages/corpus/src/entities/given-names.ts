/** First names that make a run of two to four capitalised words a person: the common ones of the US census of 1990, and others. */
export const GIVEN_NAMES: ReadonlySet<string> = new Set(
  (
    'Aaron Abby Abdul Abdullah Abel Abigail Abraham Achille Ada Adam Adan Addie Adela Adele Adeline Adolf Adolfo Adolph Adrian ' +
    'Adriana Adrienne Agatha Agnes Agnès Agustin Ahmed Aida Aileen Aimee Aisha Alan Alana Alasdair Alba Albert Alberto Aldous ' +
    'Alejandra Alejandro Aleksandr Alex Alexander Alexandra Alexandre Alexei Alexis Alfonso Alfred Alfreda Alfredo Ali Alice ' +
    'Alicia Aline Alisa Alisha Alison Alissa Alistair Allan Allen Allie Allison Allyson Alma Alois Alonzo Alphonso Alta Althea ' +
    'Alton Alva Alvaro Alvin Alyce Alyson Alyssa Amalia Amanda Amelia Amie Amir Amos Amparo Amy Ana Anastasia Anatoly Andre ' +
    'Andrea Andrei Andres Andrew Andrzej Andy Angela Angelia Angelica Angelina Angeline Angelique Angelita Angelo Angie Angus ' +
    'Anita Ann Anna Annabelle Anne Anneliese Annette Annie Annmarie Anselm Anthony Antoine Antoinette Anton Antonia Antonio ' +
    'Antony Antonín Araceli Archie Aristide Aristotle Arlene Arline Armand Armando Arnold Arron Arthur Arturo Ashlee Ashley ' +
    'Ashok Astrid Auberon Aubrey Audra Audrey Auguste Augustin Augustus Aurelia Aurelio Aurora Ava Avery Avis Axel Ayn Barbara ' +
    'Barbra Barney Barry Bart Baruch Basil Beatrice Beatrix Beatriz Beau Becky Bela Belinda Ben Benazir Benita Benito Benjamin ' +
    'Bennett Bennie Benny Bernadette Bernadine Bernard Bernardo Bernice Bernie Bert Berta Bertha Bertie Bertolt Bertram ' +
    'Bertrand Beryl Bessie Beth Bethany Betsy Bette Bettie Betty Bettye Beulah Beverley Beverly Bianca Bill Billie Billy Björn ' +
    'Blaine Blair Blake Blanca Blanche Bob Bobbi Bobbie Bobby Bonita Bonnie Booker Boris Boyd Brad Bradford Bradley Brady Brain ' +
    'Branden Brandi Brandie Brandon Brandy Brenda Brendan Brent Bret Brett Brian Briana Brianna Bridget Bridgett Bridgette ' +
    'Brigitte Britney Brittany Brittney Brock Brooke Bruce Bruno Bryan Bryant Bryce Bryon Buford Burton Buzz Byron Caitlin ' +
    'Caleb Callie Calvin Cameron Camille Candace Candice Cara Carey Carissa Carl Carla Carlene Carlo Carlos Carlton Carly ' +
    'Carmela Carmella Carmelo Carmen Carol Carole Caroline Carolyn Carrie Carroll Carson Cary Casandra Casey Cassandra Cassie ' +
    'Catalina Catherine Cathleen Cathryn Cathy Cecelia Cecil Cecile Cecilia Cedric Celeste Celia Celina Cesar Cesare Chandra ' +
    'Charlene Charles Charley Charlie Charlotte Charmaine Chase Chasity Chen Cheri Cherie Cheryl Chester Chiara Chris Christa ' +
    'Christi Christian Christie Christina Christine Christopher Christy Chrystal Chuck Cindy Clair Claire Clara Clare Clarence ' +
    'Clarice Clarissa Clark Claude Claudette Claudia Claudine Claudio Clayton Clement Cleo Clifford Clifton Clint Clinton Clyde ' +
    'Cody Colby Cole Coleen Colette Colin Colleen Collin Concepcion Concetta Connie Conrad Constance Constantin Consuelo Cora ' +
    'Corey Corina Corine Corinne Cornelia Cornelius Cornell Corrine Cory Courtney Coy Craig Cristina Curt Curtis Cuthbert ' +
    'Cynthia Cyril Cyrus Dalton Damian Damien Damon Dan Dana Dane Danial Daniel Danielle Danny Dante Daphne Darcy Daren Darin ' +
    'Darius Darla Darlene Darnell Darrel Darrell Darren Darrin Darryl Darwin Daryl Dave David Davis Deana Deann Deanna Deanne ' +
    'Debbie Debora Deborah Debra Dee Deena Deidre Deirdre Delbert Delia Della Delmar Delores Deloris Demetrius Dena Deng Denis ' +
    'Denise Dennis Denny Derek Derick Derrick Desiree Desmond Devin Devon Dewayne Dewey Dexter Diana Diane Diann Dianna Dianne ' +
    'Dick Diego Dieter Dietrich Dina Dion Dionne Dirk Dixie Dmitri Dmitry Dollie Dolly Dolores Domingo Dominic Dominick ' +
    'Dominique Don Dona Donald Donna Donnell Donnie Donny Donovan Dora Doreen Doris Dorothea Dorothy Dorthy Doug Douglas Doyle ' +
    'Drew Duane Dudley Duncan Dustin Dwayne Dwight Dylan Eamon Earlene Earline Earnest Earnestine Ebenezer Ebony Eddie Eddy ' +
    'Edgar Edith Edmond Edmund Edna Edouard Eduard Eduardo Edward Edwardo Edwin Edwina Effie Efrain Egon Eileen Ekaterina ' +
    'Elaine Elba Elbert Eldon Eleanor Elena Eli Elias Elijah Elinor Elisa Elisabeth Elise Eliza Elizabeth Ella Ellen Elliot ' +
    'Elliott Ellis Elma Elmer Elnora Eloise Elsa Elsie Elton Elva Elvia Elvin Elvira Elvis Elwood Emanuel Emerson Emery Emil ' +
    'Emile Emilia Emilio Emily Emma Emmanuel Emmett Emory Enid Enrico Enrique Eric Erica Erich Erick Ericka Erik Erika Erma ' +
    'Erna Ernest Ernestine Ernesto Ernie Ernst Errol Ervin Erwin Esmeralda Esperanza Essie Esteban Estela Estella Estelle Ester ' +
    'Esther Ethan Ethel Etta Euan Eugene Eugenia Eula Eunice Eva Evan Evangelina Evangeline Evelyn Everett Evgeny Fabian Fannie ' +
    'Fanny Fatima Fay Faye Federico Felecia Felicia Felipe Felix Feodor Ferdinand Fergus Fernando Fidel Fletcher Flora Florine ' +
    'Flossie Floyd Forrest Fran Frances Francesca Francine Francis Francisca Francisco Frank Frankie Franklin Franz Françoise ' +
    'Fred Freda Freddie Freddy Frederic Frederick Fredrick Freida Frieda Friedrich Fritz Fyodor Gabriel Gabriela Gabrielle Gail ' +
    'Gale Galen Gareth Garland Garrett Garry Garth Gary Gaston Gavin Gay Gayle Gena Genaro Gene Genevieve Gennady Geoffrey ' +
    'Georg George Georges Georgette Georgina Gerald Geraldine Gerard Gerardo Gerhard German Gerry Gertrud Gertrude Giacomo ' +
    'Gianni Gilbert Gilberto Gilda Giles Gina Giorgio Giovanni Giulia Giulio Giuseppe Gladys Glenda Glenn Glenna Gloria Godfrey ' +
    'Goldie Gonzalo Gordon Gottfried Gottlob Grace Gracie Graciela Grady Graham Greg Gregg Gregorio Gregory Greta Gretchen ' +
    'Grover Guido Guillaume Guillermo Gus Gustav Gustave Gustavo Gwen Gwendolyn Günter Hal Haley Hallie Hamid Hamish Hannah ' +
    'Hans Harlan Harley Harold Harriet Harriett Harris Harrison Harry Harvey Hassan Hattie Hazel Heather Hector Heidi Heinrich ' +
    'Helen Helena Helene Helga Henri Henrietta Henry Herbert Heriberto Herman Hermann Herminia Herschel Hester Hideo Hilary ' +
    'Hilda Hillary Hiram Hiroshi Hollie Hollis Homer Horace Horatio Howard Hubert Hugh Hugo Humberto Humphrey Hung Hélène Ian ' +
    'Ibn Ibrahim Ichabod Ida Ignacio Igor Ila Ilene Ilya Imelda Immanuel Imogene Imre Ina Indira Ines Inez Ingmar Ingrid Inès ' +
    'Ira Irene Irma Irvin Irving Irwin Isaac Isabel Isabella Isabelle Isaiah Isidro Ismael Ismail Issac István Itzhak Iva Ivan ' +
    'Ivo Jack Jackie Jacklyn Jaclyn Jacob Jacqueline Jacquelyn Jacques Jaime Jake Jamal Jame James Jami Jamie Jan Jana Jane ' +
    'Janell Janelle Janet Janette Janice Janie Janine Janis Janna Jannie Jared Jarrod Jarvis Jasmine Jason Jasper Javier ' +
    'Jawaharlal Jay Jayne Jayson Jean Jeanette Jeanie Jeanine Jeanne Jeannette Jeannie Jeannine Jebediah Jeff Jefferson Jeffery ' +
    'Jeffrey Jeffry Jenifer Jenna Jennie Jennifer Jenny Jens Jerald Jeremiah Jeremy Jeri Jermaine Jerome Jerri Jerry Jess Jesse ' +
    'Jessica Jessie Jewel Jewell Jill Jillian Jim Jimmie Jimmy Joachim Joan Joann Joanna Joanne Joaquin Joaquín Jocelyn Jodi ' +
    'Jodie Jody Joe Joel Joesph Joey Johann Johanna John Johnathan Johnathon Johnnie Johnny Jolene Jon Jonas Jonathan Jonathon ' +
    'Joni Jorge Jose Josef Josefa Josefina Joseph Josephine Josh Joshua Josiah Josie Josue José Joyce João Juan Juana Juanita ' +
    'Judith Judy Jules Julia Julian Juliana Julianne Julie Juliet Juliette Julio Julius Junior Justin Justine Jérôme Jürgen ' +
    'Kaitlin Kara Karen Kari Karin Karina Karl Karla Karyn Kasey Kate Katelyn Katharina Katharine Katherine Katheryn Kathie ' +
    'Kathleen Kathrine Kathryn Kathy Katie Katina Katrina Katy Kay Kaye Kayla Kazimierz Keisha Keith Kelley Kelli Kellie Kelly ' +
    'Kelsey Kelvin Kemal Ken Kendall Kendra Kendrick Kenji Kenneth Kenny Kent Keri Kermit Kerri Kerry Kevin Khalid Kimberley ' +
    'Kimberly Kirby Kirk Kirsten Kitty Klaus Konrad Konstantin Kris Krista Kristen Kristi Kristie Kristin Kristina Kristine ' +
    'Kristopher Kristy Krystal Kurt Kurtis Kyle Lacey Lachlan Lacy Ladonna Lakeisha Lakisha Lamar Lamont Lana Lance Landon Lara ' +
    'Larry Lars Latasha Latisha Latonya Latoya Laura Laurel Lauren Laurence Laurent Lauri Laurie Laverne Lavonne Lawanda ' +
    'Lawrence Lea Leah Leann Leanna Leanne Lee Leigh Leila Lela Leland Lelia Lena Lenora Lenore Leo Leola Leon Leona Leonard ' +
    'Leonardo Leonel Leonid Leonor Leopold Leroy Lesa Lesley Leslie Lessie Lester Leszek Leta Letha Leticia Letitia Levi Lewis ' +
    'Liam Lidia Lila Lilia Lilian Liliana Lillian Lillie Lilly Lina Linda Lindsay Lindsey Linwood Lionel Lisa Liz Liza Lizzie ' +
    'Lloyd Lois Lola Lolita Lon Lonnie Lora Loraine Loren Lorena Lorene Lorenzo Loretta Lori Lorie Lorna Lorraine Lorrie Lottie ' +
    'Lou Louella Louie Louis Louisa Louise Lourdes Lowell Loyd Luann Luc Luca Lucas Lucia Lucien Lucile Lucille Lucinda Lucy ' +
    'Ludovic Ludwig Luella Luigi Luis Luisa Luke Lula Lupe Luther Luz Lydia Lyle Lynda Lynette Lynn Lynne Lynnette Mabel Mable ' +
    'Mack Madeleine Madeline Madelyn Madge Mae Magdalena Maggie Mahatma Mahmoud Mai Malcolm Malinda Mallory Mamie Mandy Manuel ' +
    'Manuela Mara Marc Marcel Marcelino Marcella Marci Marcia Marcie Marco Marcos Marcus Marcy Margaret Margarethe Margarita ' +
    'Margery Margie Margo Margot Margret Marguerite Mari Maria Marian Mariana Marianne Mariano Maribel Maricela Marie Marietta ' +
    'Marilyn Marina Mario Marion Marisa Marisol Marissa Maritza Marjorie Mark Marla Marlene Marlin Marlon Marquita Marsha ' +
    'Marshall Marta Martha Martin Martina Marty Marva Marvin Mary Maryann Maryanne Maryellen Marylou Mathew Matilda Matt ' +
    'Matthew Mattie Maude Maura Maureen Maurice Mauricio Mavis Max Maxine Maxwell Maynard Mayra Meagan Megan Meghan Mehmet ' +
    'Melanie Melba Melinda Melisa Melissa Melva Melvin Mercedes Meredith Merle Merlin Merrill Mia Micah Michael Micheal Michel ' +
    'Michele Michelle Mickey Miguel Mihail Mike Mikhail Milagros Mildred Miles Millard Millicent Millie Miloš Milton Mindy ' +
    'Minerva Minnie Miranda Miriam Misty Mitchell Mitzi Mohamed Mohammad Mohammed Moises Mollie Molly Mona Monica Monique ' +
    'Monroe Monte Montgomery Monty Morgan Morris Moses Moshe Muhammad Muriel Murray Mustafa Myra Myrna Myron Myrtle Nadia ' +
    'Nadine Nancy Nanette Nannie Naomi Napoleon Natalia Natalie Natasha Nathan Nathaniel Neal Ned Neil Nelda Nell Nellie Nelson ' +
    'Nestor Nettie Neva Niall Nicholas Nichole Nick Nickolas Nicolas Nicole Niels Nigel Nikita Nikki Nikola Nikolai Nils Nina ' +
    'Nita Noah Noam Noe Noel Noelle Noemi Nola Nolan Nona Nora Norbert Noreen Norma Norman Norris Numbers Obadiah Octavio Odell ' +
    'Odessa Ofelia Oksana Ola Olaf Oleg Olga Oliver Olivia Ollie Omar Opal Ophelia Ora Orville Osama Osbert Oscar Otis Otto ' +
    'Owen Pablo Paige Pam Pamela Pansy Paolo Pasquale Pat Patrica Patrice Patricia Patrick Patsy Patti Patty Paul Paula ' +
    'Paulette Paulina Pauline Pavel Pearlie Pedro Peggy Penelope Percival Percy Perry Pete Peter Petr Petra Phil Philip Phillip ' +
    'Phoebe Phyllis Pierre Piers Pietro Polly Preston Priscilla Qian Queen Quentin Quincy Quinton Rabindranath Rachael Rachel ' +
    'Rachelle Rae Rafael Raj Rajiv Ralph Ramiro Ramon Ramona Ramón Randal Randall Randi Randolph Randy Raoul Raphael Raquel ' +
    'Rashid Raul Ray Raymond Raymundo Raúl Reba Rebecca Rebekah Reggie Reginald Rena Renato Rene Renee René Reuben Reva Rex ' +
    'Reyna Reynaldo Rhea Rhoda Rhonda Ricardo Richard Rick Rickey Rickie Ricky Rigoberto Riley Rita Rob Robbie Robby Robert ' +
    'Roberta Roberto Robin Robyn Rocco Rochelle Rod Roderick Rodger Rodney Rodolfo Rodrigo Rogelio Roger Roland Rolando Roman ' +
    'Romeo Ron Ronald Ronda Ronnie Ronny Roosevelt Rory Rosa Rosalie Rosalind Rosalinda Rosalyn Rosanna Rosanne Roscoe Rose ' +
    'Roseann Rosella Rosemarie Rosemary Rosetta Rosie Roslyn Ross Rowena Roxanne Roxie Roy Royce Ruben Rudolf Rudolph Rudy ' +
    'Rufus Rupert Russel Russell Rusty Ruth Ruthie Ryan Sabrina Saddam Sadie Sallie Sally Salvador Salvatore Sam Samantha ' +
    'Sammie Sammy Samuel Sandra Sandy Sanford Santos Sara Sarah Sasha Saul Saundra Scot Scott Scotty Seamus Sean Sebastian ' +
    'Sebastián Selena Selma Septimus Serena Sergei Sergey Sergio Seth Shana Shane Shanna Shari Sharlene Sharon Sharron Shaun ' +
    'Shauna Shawn Shawna Sheena Sheila Shelby Sheldon Shelia Shelley Shelly Shelton Sheree Sheri Sherri Sherrie Sherry Sheryl ' +
    'Shinzo Shirley Sidney Siegfried Sigmund Silas Silvia Silvio Simon Simone Socorro Sofia Solomon Sondra Sonia Sonja Sonny ' +
    'Sonya Sophia Sophie Spencer Stacey Staci Stacie Stacy Stan Stanislav Stanley Stefan Stefanie Stella Stephan Stephanie ' +
    'Stephen Sterling Steve Steven Stevie Stewart Stuart Sue Sultan Sunil Susan Susana Susanna Susanne Susie Suzanne Suzette ' +
    'Sven Svetlana Sybil Sylvester Sylvia Sándor Søren Tabatha Tabitha Takeshi Tamara Tameka Tamera Tami Tamika Tammi Tammie ' +
    'Tammy Tamra Tania Tanisha Tanya Tara Tasha Tatiana Ted Teddy Terence Teresa Teri Terra Terrance Terrell Terrence Terri ' +
    'Terrie Terry Tessa Thaddeus Thelma Theodor Theodore Theresa Therese Theron Thomas Thurman Thích Tia Tiffany Tim Timmy ' +
    'Timothy Tina Tisha Tobias Toby Todd Tom Tomas Tommie Tommy Tomás Toni Tonia Tony Tonya Tracey Traci Tracie Tracy Travis ' +
    'Trent Trenton Trevor Tricia Trina Trisha Tristan Trudy Truman Twila Tyrone Tyson Ulrich Ulysses Umberto Ursula Vaclav ' +
    'Valarie Valentin Valentina Valeria Valerie Vance Vanessa Vasily Vaughn Velma Vera Vern Verna Vernon Veronica Vicente Vicki ' +
    'Vickie Vicky Victor Victoria Viktor Vilma Vince Vincent Viola Virgie Virgil Virginia Vito Vittorio Vivian Vladimir Vonda ' +
    'Vyacheslav Václav Wade Wallace Walter Wanda Wangari Ward Warren Wayne Weldon Wendell Wendi Wendy Werner Wesley Whitney ' +
    'Wilbert Wilbur Wilda Wiley Wilford Wilfred Wilfredo Wilhelm Wilhelmina Willa Willard Willem William Williams Willie Willis ' +
    'Wilma Wilmer Wilson Winfred Winifred Winnie Winston Wladimir Wolfgang Woodrow Wyndham Xavier Yesenia Yitzhak Yoko Yolanda ' +
    'Yosef Yukio Yuri Yusuf Yves Yvette Yvonne Zachary Zachery Zelma Zhang Zoran Zsa Ángel Édith Édouard Émile Étienne'
  ).split(' '),
);
